//! The fields of spans and events, as attributes.

use std::{error::Error, fmt::Debug};

use steeple_core::text;
use steeple_metrics::protobuf::push_unsigned;
use tracing::{
    Event, Level, Metadata,
    field::{Field, Visit},
};

use super::attributes::{Attributes, LONGEST_VALUE};
use crate::{
    fields::{span, span_event},
    traces::span::{SpanKind, StatusCode, push_event},
    value::push_text_attribute,
};

/// How many bytes the attributes of a span are expected to have. Those that have more are moved.
const EXPECTED_BYTES: usize = 128;

/// The fields of a span. Some of them, by the names that tracing-opentelemetry gave them, are no attributes.
#[derive(Debug, Default)]
pub(super) struct SpanFields {
    pub(super) kind: Option<SpanKind>,
    pub(super) status: Option<StatusCode>,
    /// Boxed, since most spans have none.
    pub(super) texts: Option<Box<Texts>>,
    pub(super) attributes: Attributes<{ span::ATTRIBUTES }>,
}

/// What the code of a span says that it shall be called, and of its status.
#[derive(Debug, Default)]
pub(super) struct Texts {
    pub(super) name: Option<String>,
    pub(super) description: Option<String>,
}

impl SpanFields {
    /// Of a span that is being opened.
    pub(super) fn with_room() -> Self {
        Self {
            attributes: Attributes::with_capacity(EXPECTED_BYTES),
            ..Self::default()
        }
    }

    /// Takes in what was recorded later.
    pub(super) fn add(&mut self, later: Self) {
        self.kind = later.kind.or(self.kind);
        self.status = later.status.or(self.status);
        if let Some(later) = later.texts {
            let texts = self.texts.get_or_insert_default();
            texts.name = later.name.or(texts.name.take());
            texts.description = later.description.or(texts.description.take());
        }
        self.attributes.append(&later.attributes);
    }

    fn texts(&mut self) -> &mut Texts {
        self.texts.get_or_insert_default()
    }
}

impl Visit for SpanFields {
    fn record_str(&mut self, field: &Field, value: &str) {
        let kept = || Some(text::beginning(value, LONGEST_VALUE).to_owned());
        match field.name() {
            "otel.name" => self.texts().name = kept(),
            "otel.kind" => self.kind = kind(value),
            "otel.status_code" => self.status = status(value),
            "otel.status_description" => self.texts().description = kept(),
            name => self.attributes.text(name, value),
        }
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.attributes.boolean(field.name(), value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.attributes.integer(field.name(), value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        match value.try_into() {
            Ok(value) => self.record_i64(field, value),
            Err(_) => self.record_debug(field, &value),
        }
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.attributes.float(field.name(), value);
    }

    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        self.record_debug(field, &format_args!("{value}"));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let name = field.name();
        if name.starts_with("otel.") {
            return self.record_str(field, &printed(value));
        }
        self.attributes.printed(name, format_args!("{value:?}"));
    }
}

/// The fields of an event.
#[derive(Debug, Default)]
pub(super) struct EventFields {
    message: String,
    attributes: Attributes<{ span_event::ATTRIBUTES }>,
    error: Option<String>,
}

impl EventFields {
    pub(super) fn read(event: &Event<'_>) -> Self {
        let mut fields = Self::default();
        event.record(&mut fields);
        fields
    }

    /// What went wrong, if the event says that something did.
    pub(super) fn error(&self, metadata: &Metadata<'_>) -> Option<&str> {
        (*metadata.level() == Level::ERROR).then(|| self.error.as_deref().unwrap_or(&self.message))
    }

    /// Writes the event, whose name is its message.
    pub(super) fn push(&self, message: &mut Vec<u8>, unix_nanos: u64, metadata: &Metadata<'_>) {
        let name = match &*self.message {
            "" => metadata.name(),
            message => message,
        };
        push_event(message, unix_nanos, name, |event| {
            let level = metadata.level().as_str();
            push_text_attribute(event, span_event::ATTRIBUTES, "level", level);
            push_text_attribute(event, span_event::ATTRIBUTES, "target", metadata.target());
            event.extend_from_slice(self.attributes.as_bytes());
            let dropped = self.attributes.dropped();
            if dropped > 0 {
                push_unsigned(event, span_event::DROPPED_ATTRIBUTES, dropped.into());
            }
        });
    }
}

impl Visit for EventFields {
    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "message" => text::beginning(value, LONGEST_VALUE).clone_into(&mut self.message),
            name => self.attributes.text(name, value),
        }
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.attributes.boolean(field.name(), value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.attributes.integer(field.name(), value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        match value.try_into() {
            Ok(value) => self.record_i64(field, value),
            Err(_) => self.record_debug(field, &value),
        }
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.attributes.float(field.name(), value);
    }

    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        let said = text::printed(value, LONGEST_VALUE);
        self.attributes.text("exception.message", &said);
        self.attributes.text(field.name(), &said);
        self.error = Some(said);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        match field.name() {
            "message" => self.message = printed(value),
            name @ "error" => {
                let said = printed(value);
                self.attributes.text(name, &said);
                self.error.get_or_insert(said);
            }
            name => self.attributes.printed(name, format_args!("{value:?}")),
        }
    }
}

fn printed(value: &dyn Debug) -> String {
    text::printed(format_args!("{value:?}"), LONGEST_VALUE)
}

fn kind(name: &str) -> Option<SpanKind> {
    let kinds = [
        ("internal", SpanKind::Internal),
        ("server", SpanKind::Server),
        ("client", SpanKind::Client),
        ("producer", SpanKind::Producer),
        ("consumer", SpanKind::Consumer),
    ];
    of_name(&kinds, name)
}

fn status(name: &str) -> Option<StatusCode> {
    of_name(
        &[("ok", StatusCode::Ok), ("error", StatusCode::Error)],
        name,
    )
}

fn of_name<T: Copy>(names: &[(&str, T)], name: &str) -> Option<T> {
    let found = names
        .iter()
        .find(|(known, _)| known.eq_ignore_ascii_case(name));
    found.map(|(_, value)| *value)
}
