//! The message of a span, as far as it is the same for all.

use steeple_core::{ErrorType, SpanLink, Timestamp, TraceContext};
use steeple_metrics::protobuf::{
    Short, push_bytes, push_fixed32, push_fixed64, push_long, push_nested, push_string,
    push_unsigned,
};

use crate::{
    fields::{envelope, span, span_event, span_link, span_status},
    value::{push_integer_attribute, push_text_attribute},
};

/// The [kinds](https://opentelemetry.io/docs/specs/otel/trace/api/#spankind), by their numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SpanKind {
    Internal = 1,
    Server = 2,
    Client = 3,
    Producer = 4,
    Consumer = 5,
}

/// The [status codes](https://opentelemetry.io/docs/specs/otel/trace/api/#set-status) that are ever written, by their numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StatusCode {
    Ok = 1,
    Error = 2,
}

const REMOTE_OR_NOT_IS_KNOWN: u32 = 0x100;
const IS_REMOTE: u32 = 0x200;

/// What every span has.
pub(crate) struct Span<'a> {
    pub(crate) context: &'a TraceContext,
    pub(crate) kind: SpanKind,
    /// In nanoseconds since 1970.
    pub(crate) started: u64,
    pub(crate) ended: u64,
}

impl Span<'_> {
    /// Writes it as a field of its scope, with the name that `name` writes and whatever else `rest` does.
    #[inline]
    pub(crate) fn push(
        &self,
        message: &mut Vec<u8>,
        name: impl FnOnce(&mut Vec<u8>),
        rest: impl FnOnce(&mut Vec<u8>),
    ) {
        push_long(message, envelope::ITEMS, |message| {
            let context = self.context;
            let mut ids = Short::<38>::default();
            ids.push_bytes(span::TRACE_ID, context.trace_id().to_bytes());
            ids.push_bytes(span::SPAN_ID, context.span_id().to_bytes());
            let mut flags = u32::from(context.flags());
            if let Some(parent) = context.parent_span_id() {
                ids.push_bytes(span::PARENT_SPAN_ID, parent.to_bytes());
                flags |= remote_flags(context.local_root() == context.span_id());
            }
            message.extend_from_slice(ids.as_bytes());
            push_nested(message, span::NAME, name);
            let mut numbers = Short::<26>::default();
            numbers.push_unsigned(span::KIND, self.kind as u8);
            numbers.push_fixed64(span::START_TIME, self.started);
            numbers.push_fixed64(span::END_TIME, self.ended);
            numbers.push_fixed32(span::FLAGS, flags);
            message.extend_from_slice(numbers.as_bytes());
            rest(message);
        });
    }
}

/// Writes a link.
pub(crate) fn push_link(message: &mut Vec<u8>, link: SpanLink) {
    push_nested(message, span::LINKS, |message| {
        push_bytes(message, span_link::TRACE_ID, &link.trace_id.to_bytes());
        push_bytes(message, span_link::SPAN_ID, &link.span_id.to_bytes());
        push_fixed32(message, span_link::FLAGS, remote_flags(true));
    });
}

/// The flags that tell whether a parent, or what a link leads to, is of another process.
pub(crate) fn remote_flags(remote: bool) -> u32 {
    REMOTE_OR_NOT_IS_KNOWN | if remote { IS_REMOTE } else { 0 }
}

/// Writes a status.
pub(crate) fn push_status(message: &mut Vec<u8>, code: StatusCode, description: &str) {
    push_nested(message, span::STATUS, |message| {
        if !description.is_empty() {
            push_string(message, span_status::MESSAGE, description);
        }
        push_unsigned(message, span_status::CODE, code as u64);
    });
}

/// Writes the attribute `error.type`, if there is an error.
pub(crate) fn push_error_type(message: &mut Vec<u8>, error_type: Option<ErrorType>) {
    let mut text =
        |value: &str| push_text_attribute(message, span::ATTRIBUTES, "error.type", value);
    match error_type {
        None => {}
        Some(ErrorType::Named(name)) => text(name),
        Some(error_type) => text(&error_type.to_string()),
    }
}

/// Writes an event.
pub(crate) fn push_event(
    message: &mut Vec<u8>,
    unix_nanos: u64,
    name: &str,
    attributes: impl FnOnce(&mut Vec<u8>),
) {
    push_nested(message, span::EVENTS, |message| {
        push_fixed64(message, span_event::TIME, unix_nanos);
        push_string(message, span_event::NAME, name);
        attributes(message);
    });
}

/// Writes how many attributes and events there was no room for.
pub(crate) fn push_dropped(message: &mut Vec<u8>, attributes: u32, events: u32) {
    for (field, dropped) in [
        (span::DROPPED_ATTRIBUTES, attributes),
        (span::DROPPED_EVENTS, events),
    ] {
        if dropped > 0 {
            push_unsigned(message, field, dropped.into());
        }
    }
}

/// Writes what went wrong, as an [event](https://opentelemetry.io/docs/specs/semconv/exceptions/exceptions-spans/), and
/// [where](https://github.com/open-telemetry/semantic-conventions/blob/v1.44.0/docs/registry/attributes/code.md), if that is known
/// as file, line and column.
#[cold]
pub(crate) fn push_exception(
    message: &mut Vec<u8>,
    unix_nanos: u64,
    exception_type: Option<&str>,
    description: &str,
    location: Option<&str>,
) {
    push_event(message, unix_nanos, "exception", |event| {
        let (file, line) = location.and_then(file_and_line).unzip();
        let attributes = [
            ("exception.type", exception_type),
            ("exception.message", Some(description)),
            ("code.file.path", file),
        ];
        for (key, value) in attributes {
            if let Some(value) = value {
                push_text_attribute(event, span_event::ATTRIBUTES, key, value);
            }
        }
        if let Some(line) = line {
            push_integer_attribute(event, span_event::ATTRIBUTES, "code.line.number", line);
        }
    });
}

fn file_and_line(location: &str) -> Option<(&str, i64)> {
    let (file_and_line, _column) = location.rsplit_once(':')?;
    let (file, line) = file_and_line.rsplit_once(':')?;
    Some((file, line.parse().ok()?))
}

/// When what began at `started` ended, if it is now.
pub(crate) fn now(started: Timestamp) -> u64 {
    started.unix_nanos() + started.elapsed_nanos()
}
