use steeple_core::Timestamp;
use tracing_core::Level;

use super::{Field, Format, Identity, field, line::Line};

/// Writes lines of one format, all of which say the same of the service.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Encoder {
    pub(super) format: Format,
    pub(super) is_coloured: bool,
    /// What is behind the message of every line, and its last field.
    pub(super) identity: Vec<u8>,
    pub(super) last_of_identity: Option<Field>,
}

impl Encoder {
    pub(crate) fn new(format: Format, identity: &Identity) -> Self {
        let mut encoder = Self {
            format,
            is_coloured: false,
            identity: Vec::new(),
            last_of_identity: None,
        };
        if format.is_json() {
            let mut fragment = Vec::new();
            let mut line = Line::behind_message(&encoder, &mut fragment);
            for (field, value) in identity.iter() {
                line.identify(field, value);
            }
            encoder.last_of_identity = line.last();
            encoder.identity = fragment;
        }
        encoder
    }

    /// With colours, which [`Format::Pretty`] alone has.
    pub(crate) fn coloured(mut self, is_coloured: bool) -> Self {
        self.is_coloured = is_coloured && self.format == Format::Pretty;
        self
    }

    pub(crate) fn format(&self) -> Format {
        self.format
    }

    /// Begins a line at the end of `out`. `logger` is who says it: the target of an event.
    pub(crate) fn begin<'a>(
        &'a self,
        out: &'a mut Vec<u8>,
        at: Timestamp,
        level: Level,
        logger: &str,
    ) -> Line<'a> {
        let mut line = Line::new(self, out);
        line.head(at, level, logger);
        line
    }
}

/// The level as lines have it, in lower case.
pub(super) fn level_name(level: Level) -> &'static str {
    match level {
        Level::ERROR => "error",
        Level::WARN => "warn",
        Level::INFO => "info",
        Level::DEBUG => "debug",
        Level::TRACE => "trace",
    }
}

/// Whether the field is one that the [`Identity`] comes before.
pub(super) fn is_behind_identity(field: Field) -> bool {
    field > field::MESSAGE
}
