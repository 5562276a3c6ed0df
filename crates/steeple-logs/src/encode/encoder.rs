use std::cell::OnceCell;

use steeple_core::Timestamp;
use tracing_core::{Level, Metadata};

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
            let mut line = Line::behind(field::MESSAGE, &encoder, &mut fragment);
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

    /// Begins the line of an event of a call site that has `heads`.
    pub(crate) fn begin_known<'a>(
        &'a self,
        out: &'a mut Vec<u8>,
        at: Timestamp,
        metadata: &Metadata<'_>,
        heads: &Heads,
    ) -> Line<'a> {
        let head = match self.format {
            Format::Ecs => &heads.ecs,
            Format::Json => &heads.json,
            Format::Logfmt | Format::Pretty => {
                return self.begin(out, at, *metadata.level(), metadata.target());
            }
        };
        let mut line = Line::new(self, out);
        line.time(at);
        line.known_head(head.get_or_init(|| Head::of(self, metadata, heads.function)));
        line
    }
}

/// What lines of one call site begin with behind the time: the level, who says it, and where in the code. It is the same for all
/// encoders of one format.
#[derive(Clone, Debug)]
pub(crate) struct Head {
    pub(super) bytes: Box<[u8]>,
    pub(super) last: Field,
}

impl Head {
    fn of(encoder: &Encoder, metadata: &Metadata<'_>, function: Option<&str>) -> Self {
        let mut bytes = Vec::new();
        let mut line = Line::behind(field::TIMESTAMP, encoder, &mut bytes);
        line.ascii(field::LOG_LEVEL, level_name(*metadata.level()));
        line.text(field::LOG_LOGGER, metadata.target());
        if let Some(file) = metadata.file() {
            line.text(field::LOG_ORIGIN_FILE_NAME, file);
        }
        if let Some(number) = metadata.line() {
            line.unsigned(field::LOG_ORIGIN_FILE_LINE, number.into());
        }
        if let Some(function) = function {
            line.text(field::LOG_ORIGIN_FUNCTION, function);
        }
        let last = line.last().unwrap_or(field::LOG_LOGGER);
        Self {
            bytes: bytes.into(),
            last,
        }
    }
}

/// The heads of one call site, each made once.
#[derive(Debug)]
pub(crate) struct Heads {
    function: Option<&'static str>,
    ecs: OnceCell<Head>,
    json: OnceCell<Head>,
}

impl Heads {
    /// Those of a call site in this function, if that is known.
    pub(crate) fn new(function: Option<&'static str>) -> Self {
        Self {
            function,
            ecs: OnceCell::new(),
            json: OnceCell::new(),
        }
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
