use std::{error::Error, fmt::Debug, mem};

use steeple_core::{AttachedError, redaction::Redaction, text};
use tracing_core::field::{Field, Visit};

use super::{
    callsite::{Callsite, KnownField, Role, Source},
    scratch::Scratch,
};
use crate::{
    encode::{Fields, Scalar, field},
    errors::{self, Chain},
    redact::{self, BEYOND},
};

/// Encodes the fields of spans and events, without the secrets in them.
pub(super) struct Recorder<'a> {
    scratch: &'a mut Scratch,
    callsite: &'a Callsite,
    redaction: &'a Redaction,
}

impl<'a> Recorder<'a> {
    pub(super) fn new(
        scratch: &'a mut Scratch,
        callsite: &'a Callsite,
        redaction: &'a Redaction,
    ) -> Self {
        Self {
            scratch,
            callsite,
            redaction,
        }
    }

    fn put(&mut self, field: &Field, value: Scalar<'_>) {
        if let Some(known) = self.callsite.field(field.index()) {
            self.put_known(known, value);
        }
    }

    fn put_known(&mut self, known: &KnownField, value: Scalar<'_>) {
        let Scratch { fields, room, .. } = &mut *self.scratch;
        let value = redact::scalar(self.redaction, known.is_secret, value, room);
        fields.put_as(&known.name, value);
    }

    fn text(&mut self, field: &Field, value: &str) {
        let Some(known) = self.callsite.field(field.index()) else {
            return;
        };
        match known.role {
            Role::Message => self.message(value),
            Role::Error => {
                let Scratch { fields, room, .. } = &mut *self.scratch;
                let message = redact::text(self.redaction, value, room);
                fields.put_ours(field::ERROR_MESSAGE, Scalar::Text(message));
            }
            Role::Logger => value.clone_into(&mut self.scratch.record.logger),
            Role::File => value.clone_into(&mut self.scratch.record.file),
            Role::ModulePath => {}
            Role::Line | Role::Other => self.put_known(known, Scalar::Text(value)),
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
        if self.callsite.says(value) {
            for part in [b"\"", value.as_bytes(), b"\""] {
                message.extend_from_slice(part);
            }
            return;
        }
        fields.encode(message, redact::text(self.redaction, value, room));
        if message[1..message.len() - 1] == *value.as_bytes() {
            self.callsite.remember(value);
        }
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
        match self.callsite.field(field.index()) {
            Some(known) if known.role == Role::Line => self.scratch.record.line = Some(value),
            _ => self.put(field, Scalar::Unsigned(value)),
        }
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field, Scalar::Float(value));
    }

    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        let error = AttachedError::told_by(value);
        let Scratch { fields, room, .. } = &mut *self.scratch;
        if self.callsite.source == Source::Event && !tells_error(fields) {
            errors::put_error(fields, Chain::of(&error), "", self.redaction, room);
        } else {
            let message = errors::whole_message(Chain::of(&error));
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
