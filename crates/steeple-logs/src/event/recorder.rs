use std::{error::Error, fmt::Debug, mem};

use steeple_core::{AttachedError, redaction::Redaction, text};
use tracing_core::{
    Metadata,
    field::{Field, Visit},
};

use super::{callsite::Callsite, scratch::Scratch};
use crate::{
    encode::{Fields, Scalar, field},
    failure,
    redact::{self, BEYOND},
};

/// Encodes the fields of spans and events, without the secrets in them.
pub(super) struct Recorder<'a> {
    scratch: &'a mut Scratch,
    callsite: &'a Callsite,
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
    pub(super) fn of_event(metadata: &Metadata<'_>) -> Self {
        if metadata.target() == "log" && metadata.name() == "log event" {
            Self::Record
        } else {
            Self::Event
        }
    }
}

impl<'a> Recorder<'a> {
    pub(super) fn new(
        scratch: &'a mut Scratch,
        callsite: &'a Callsite,
        redaction: &'a Redaction,
        source: Source,
    ) -> Self {
        Self {
            scratch,
            callsite,
            redaction,
            source,
        }
    }

    fn put(&mut self, field: &Field, value: Scalar<'_>) {
        let Scratch { fields, room, .. } = &mut *self.scratch;
        let Some(known) = self.callsite.field(field.index()) else {
            return;
        };
        let value = redact::scalar(self.redaction, known.is_secret, value, room);
        fields.put_as(&known.name, value);
    }

    fn text(&mut self, field: &Field, value: &str) {
        if self.source == Source::Span {
            return self.put(field, Scalar::Text(value));
        }
        match (field.name(), self.source) {
            ("message", _) => self.message(value),
            ("error", Source::Event) => {
                let Scratch { fields, room, .. } = &mut *self.scratch;
                let message = redact::text(self.redaction, value, room);
                fields.put_ours(field::ERROR_MESSAGE, Scalar::Text(message));
            }
            ("log.target", Source::Record) => value.clone_into(&mut self.scratch.record.logger),
            ("log.file", Source::Record) => value.clone_into(&mut self.scratch.record.file),
            ("log.module_path", Source::Record) => {}
            _ => self.put(field, Scalar::Text(value)),
        }
    }

    fn message(&mut self, value: &str) {
        let Scratch {
            fields,
            message,
            room,
            ..
        } = &mut *self.scratch;
        message.clear();
        fields.encode(message, redact::text(self.redaction, value, room));
    }
}

impl Visit for Recorder<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.text(field, value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, Scalar::Bool(value));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, Scalar::Signed(value));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        if self.source == Source::Record && field.name() == "log.line" {
            self.scratch.record.line = Some(value);
        } else {
            self.put(field, Scalar::Unsigned(value));
        }
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field, Scalar::Float(value));
    }

    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        let error = AttachedError::told_by(value);
        let Scratch { fields, room, .. } = &mut *self.scratch;
        if self.source == Source::Event && !tells_error(fields) {
            failure::put_error(fields, &error, self.redaction, room);
        } else {
            let message = failure::whole_message(&error);
            self.put(field, Scalar::Text(&message));
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        // What prints itself may log, so that the buffer is not here while it does.
        let mut text = mem::take(&mut self.scratch.text);
        text.clear();
        text::print(&mut text, format_args!("{value:?}"), BEYOND);
        self.text(field, str::from_utf8(&text).unwrap_or_default());
        self.scratch.text = text;
    }
}

/// Whether there is an error already.
pub(super) fn tells_error(fields: &Fields) -> bool {
    fields.has(field::ERROR_TYPE) || fields.has(field::ERROR_MESSAGE)
}
