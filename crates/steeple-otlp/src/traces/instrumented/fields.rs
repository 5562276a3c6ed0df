//! The fields of spans and events, as attributes.

use std::{
    error::Error,
    fmt::{self, Debug, Write as _},
};

use tracing::{
    Event, Level, Metadata,
    field::{Field, Visit},
};

use crate::{
    fields::{span, span_event},
    traces::span::{SpanKind, StatusCode, push_event},
    value::{
        push_boolean_attribute, push_float_attribute, push_integer_attribute, push_text_attribute,
        push_written_attribute,
    },
};

/// How many bytes of a value are kept.
const LONGEST_VALUE: usize = 4_096;
/// How many bytes the attributes of a span are expected to have. Those that have more are moved.
const EXPECTED_BYTES: usize = 128;
/// How many bytes the attributes of one span may have.
const MOST_BYTES: usize = 64 << 10;

/// The fields of a span. Some of them, by the names that tracing-opentelemetry gave them, are no attributes.
#[derive(Debug, Default)]
pub(super) struct SpanFields {
    pub(super) kind: Option<SpanKind>,
    pub(super) status: Option<StatusCode>,
    /// Boxed, since most spans have none.
    pub(super) texts: Option<Box<Texts>>,
    pub(super) attributes: Vec<u8>,
    pub(super) dropped: u32,
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
            attributes: Vec::with_capacity(EXPECTED_BYTES),
            ..Self::default()
        }
    }

    /// Takes in an attribute, unless there is no room for it.
    fn attribute(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        let before = self.attributes.len();
        write(&mut self.attributes);
        self.bound(before);
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
        self.dropped += later.dropped;
        let before = self.attributes.len();
        self.attributes.extend_from_slice(&later.attributes);
        self.bound(before);
    }

    fn texts(&mut self) -> &mut Texts {
        self.texts.get_or_insert_default()
    }

    fn bound(&mut self, before: usize) {
        if self.attributes.len() > MOST_BYTES {
            self.attributes.truncate(before);
            self.dropped += 1;
        }
    }
}

impl Visit for SpanFields {
    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "otel.name" => self.texts().name = Some(beginning(value, LONGEST_VALUE).to_owned()),
            "otel.kind" => self.kind = kind(value),
            "otel.status_code" => self.status = status(value),
            "otel.status_description" => {
                self.texts().description = Some(beginning(value, LONGEST_VALUE).to_owned())
            }
            name => self.attribute(|attributes| text(attributes, span::ATTRIBUTES, name, value)),
        }
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.attribute(|attributes| {
            push_boolean_attribute(attributes, span::ATTRIBUTES, field.name(), value);
        });
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.attribute(|attributes| {
            push_integer_attribute(attributes, span::ATTRIBUTES, field.name(), value);
        });
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        match value.try_into() {
            Ok(value) => self.record_i64(field, value),
            Err(_) => self.record_debug(field, &value),
        }
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.attribute(|attributes| {
            push_float_attribute(attributes, span::ATTRIBUTES, field.name(), value);
        });
    }

    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        self.record_debug(field, &format_args!("{value}"));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        if field.name().starts_with("otel.") {
            return self.record_str(field, &format!("{value:?}"));
        }
        self.attribute(|attributes| printed(attributes, span::ATTRIBUTES, field.name(), value));
    }
}

/// The fields of an event.
#[derive(Debug, Default)]
pub(super) struct EventFields {
    message: String,
    attributes: Vec<u8>,
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
            event.extend_from_slice(&self.attributes);
        });
    }
}

impl Visit for EventFields {
    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "message" => beginning(value, LONGEST_VALUE).clone_into(&mut self.message),
            name => text(&mut self.attributes, span_event::ATTRIBUTES, name, value),
        }
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        push_boolean_attribute(
            &mut self.attributes,
            span_event::ATTRIBUTES,
            field.name(),
            value,
        );
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        push_integer_attribute(
            &mut self.attributes,
            span_event::ATTRIBUTES,
            field.name(),
            value,
        );
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        match value.try_into() {
            Ok(value) => self.record_i64(field, value),
            Err(_) => self.record_debug(field, &value),
        }
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        push_float_attribute(
            &mut self.attributes,
            span_event::ATTRIBUTES,
            field.name(),
            value,
        );
    }

    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        let said = value.to_string();
        let attributes = &mut self.attributes;
        text(
            attributes,
            span_event::ATTRIBUTES,
            "exception.message",
            &said,
        );
        text(attributes, span_event::ATTRIBUTES, field.name(), &said);
        self.error = Some(said);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        match field.name() {
            "message" => {
                let mut message = Vec::new();
                print(&mut message, value);
                self.message = String::from_utf8(message).unwrap_or_default();
            }
            name => {
                printed(&mut self.attributes, span_event::ATTRIBUTES, name, value);
                if name == "error" && self.error.is_none() {
                    let mut said = Vec::new();
                    print(&mut said, value);
                    self.error = String::from_utf8(said).ok();
                }
            }
        }
    }
}

fn text(attributes: &mut Vec<u8>, field: u32, name: &str, value: &str) {
    push_text_attribute(attributes, field, name, beginning(value, LONGEST_VALUE));
}

/// Writes an attribute that prints itself.
fn printed(attributes: &mut Vec<u8>, field: u32, name: &str, value: &dyn Debug) {
    push_written_attribute(attributes, field, name, |text| print(text, value));
}

fn print(text: &mut Vec<u8>, value: &dyn Debug) {
    let mut bounded = Bounded {
        text,
        left: LONGEST_VALUE,
    };
    // An error means that the text is full, or that the value cannot print itself: what is there is kept.
    let _ = write!(bounded, "{value:?}");
}

/// A text with an end.
struct Bounded<'a> {
    text: &'a mut Vec<u8>,
    left: usize,
}

impl fmt::Write for Bounded<'_> {
    fn write_str(&mut self, part: &str) -> fmt::Result {
        let kept = beginning(part, self.left);
        self.text.extend_from_slice(kept.as_bytes());
        self.left -= kept.len();
        if kept.len() == part.len() {
            Ok(())
        } else {
            Err(fmt::Error)
        }
    }
}

/// At most `longest` bytes of `text`, cut between characters.
fn beginning(text: &str, longest: usize) -> &str {
    if text.len() <= longest {
        return text;
    }
    let cut = (0..=longest).rev().find(|end| text.is_char_boundary(*end));
    &text[..cut.unwrap_or(0)]
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
