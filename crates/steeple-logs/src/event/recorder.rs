use std::{error::Error, fmt::Debug};

use steeple_core::{
    AttachedError,
    redaction::{REDACTED, Redaction},
    text,
};
use tracing_core::{
    Event, Metadata,
    field::{Field, Visit},
};

use super::scratch::Scratch;
use crate::{
    encode::{Fields, LONGEST_VALUE, Scalar, field},
    failure,
};

/// One character more than is written of a text.
const BEYOND: usize = LONGEST_VALUE + 4;

/// Encodes the fields of spans and events, without the secrets in them.
pub(super) struct Recorder<'a> {
    fields: &'a mut Fields,
    logger: &'a mut String,
    text: &'a mut Vec<u8>,
    room: &'a mut String,
    redaction: &'a Redaction,
    source: Source,
}

/// What is encoded.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    Span,
    Event,
    /// A record of the crate `log`, which `tracing-log` makes an event.
    Record,
}

impl Source {
    pub(super) fn of(event: &Event<'_>) -> Self {
        let metadata: &Metadata<'_> = event.metadata();
        if metadata.target() == "log" && metadata.name() == "log event" {
            Self::Record
        } else {
            Self::Event
        }
    }
}

impl<'a> Recorder<'a> {
    pub(super) fn new(scratch: &'a mut Scratch, redaction: &'a Redaction, source: Source) -> Self {
        Self {
            fields: &mut scratch.fields,
            logger: &mut scratch.logger,
            text: &mut scratch.text,
            room: &mut scratch.room,
            redaction,
            source,
        }
    }

    fn put(&mut self, name: &str, value: Scalar<'_>) {
        let value = match value {
            _ if self.redaction.names_a_secret(name) => Scalar::Text(REDACTED),
            Scalar::Text(text) => Scalar::Text(self.redaction.text(beyond(text), self.room)),
            value => value,
        };
        self.fields.put(name, value);
    }

    fn text(&mut self, name: &str, value: &str) {
        match (self.source, name) {
            (Source::Event | Source::Record, "message") => {
                let message = self.redaction.text(beyond(value), self.room);
                self.fields.put_ours(field::MESSAGE, Scalar::Text(message));
            }
            (Source::Record, "log.target") => value.clone_into(self.logger),
            (Source::Record, "log.file") => {
                self.fields
                    .put_ours(field::LOG_ORIGIN_FILE_NAME, Scalar::Text(value));
            }
            (Source::Record, "log.module_path") => {}
            (Source::Event, "error") => self.put(field::ERROR_MESSAGE.name(), Scalar::Text(value)),
            _ => self.put(name, Scalar::Text(value)),
        }
    }
}

impl Visit for Recorder<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.text(field.name(), value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field.name(), Scalar::Bool(value));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field.name(), Scalar::Signed(value));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        if self.source == Source::Record && field.name() == "log.line" {
            self.fields
                .put_ours(field::LOG_ORIGIN_FILE_LINE, Scalar::Unsigned(value));
        } else {
            self.put(field.name(), Scalar::Unsigned(value));
        }
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field.name(), Scalar::Float(value));
    }

    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        let error = AttachedError::told_by(value);
        if self.source == Source::Event
            && !self.fields.has(field::ERROR_TYPE)
            && !self.fields.has(field::ERROR_MESSAGE)
        {
            failure::put_error(self.fields, &error, self.redaction, self.room);
        } else {
            let message = failure::whole_message(&error);
            self.put(field.name(), Scalar::Text(&message));
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        // What prints itself may log, so that the buffer is not here while it does.
        let mut text = std::mem::take(self.text);
        text.clear();
        text::print(&mut text, format_args!("{value:?}"), BEYOND);
        self.text(field.name(), str::from_utf8(&text).unwrap_or_default());
        *self.text = text;
    }
}

/// As much of a text as tells that it is cut: what is looked through for secrets is bounded.
fn beyond(text: &str) -> &str {
    text::beginning(text, BEYOND)
}
