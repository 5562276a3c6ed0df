//! A span that has not ended.

use std::time::Duration;

use opentelemetry::Context;
use steeple_core::{Timestamp, TraceContext};
use tracing::{Metadata, span::Attributes};

use super::fields::{EventFields, SpanFields};
use crate::{
    opentelemetry::context,
    traces::{
        span::{self, Span, SpanKind, StatusCode, push_dropped, push_status},
        span_queue::Finished,
    },
};

/// How many bytes the events of one span may have.
const MOST_BYTES: usize = 64 << 10;

/// A span that has not ended. Its attributes and events are encoded as they come.
#[derive(Debug)]
pub(super) struct OpenSpan {
    pub(super) context: TraceContext,
    /// What is current with the API of OpenTelemetry while it is entered.
    pub(super) opentelemetry: Option<Context>,
    started: Timestamp,
    name: &'static str,
    fields: SpanFields,
    /// What an event says went wrong.
    error: Option<Box<str>>,
    events: Vec<u8>,
    dropped_events: u32,
}

impl OpenSpan {
    /// Opens a span, of which the context of the API of OpenTelemetry tells if it is to.
    pub(super) fn new(
        context: TraceContext,
        attributes: &Attributes<'_>,
        in_context: bool,
    ) -> Self {
        let fields = if context.is_sampled() {
            let mut fields = SpanFields::with_room();
            attributes.record(&mut fields);
            fields
        } else {
            SpanFields::default()
        };
        Self {
            context,
            opentelemetry: (in_context && context.is_sampled())
                .then(|| context::current_with(&context))
                .flatten(),
            started: Timestamp::now(),
            name: attributes.metadata().name(),
            fields,
            error: None,
            events: Vec::new(),
            dropped_events: 0,
        }
    }

    pub(super) fn record(&mut self, fields: SpanFields) {
        self.fields.add(fields);
    }

    pub(super) fn event(&mut self, fields: &EventFields, metadata: &Metadata<'_>) {
        if let Some(error) = fields.error(metadata) {
            self.error.get_or_insert_with(|| error.into());
        }
        let before = self.events.len();
        fields.push(&mut self.events, span::now(self.started), metadata);
        if self.events.len() > MOST_BYTES {
            self.events.truncate(before);
            self.dropped_events += 1;
        }
    }

    /// How it ended, if it did then.
    pub(super) fn finished(&self, ended: u64) -> Finished<'_> {
        Finished {
            context: &self.context,
            written: self.fields.attributes.len() + self.events.len(),
            duration: Duration::from_nanos(ended - self.started.unix_nanos()),
            failed: self.status() == Some(StatusCode::Error),
        }
    }

    /// When it ended, if it is now.
    pub(super) fn end(&self) -> u64 {
        span::now(self.started)
    }

    pub(super) fn push(&self, message: &mut Vec<u8>, ended: u64) {
        let head = Span {
            context: &self.context,
            kind: self.fields.kind.unwrap_or(SpanKind::Internal),
            started: self.started.unix_nanos(),
            ended,
        };
        let fields = &self.fields;
        let name = fields
            .texts
            .as_ref()
            .and_then(|texts| texts.name.as_deref());
        let name = name.unwrap_or(self.name);
        head.push(
            message,
            |text| text.extend_from_slice(name.as_bytes()),
            |message| {
                message.extend_from_slice(&fields.attributes);
                message.extend_from_slice(&self.events);
                push_dropped(message, fields.dropped, self.dropped_events);
                self.push_status(message);
            },
        );
    }

    /// What the code says of its span has precedence over what an event says.
    fn status(&self) -> Option<StatusCode> {
        let error = self.error.as_ref();
        self.fields.status.or(error.map(|_| StatusCode::Error))
    }

    fn push_status(&self, message: &mut Vec<u8>) {
        if let Some(status) = self.status() {
            let texts = self.fields.texts.as_ref();
            let description = texts
                .and_then(|texts| texts.description.as_deref())
                .or(self.error.as_deref());
            push_status(message, status, description.unwrap_or_default());
        }
    }
}
