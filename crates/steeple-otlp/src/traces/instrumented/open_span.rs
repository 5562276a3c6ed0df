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
    started: Timestamp,
    metadata: &'static Metadata<'static>,
    /// How many handles of it there are.
    handles: u64,
    fields: SpanFields,
    /// Boxed, since most spans have none.
    besides: Option<Box<Besides>>,
}

/// What a span may have besides its fields.
#[derive(Debug, Default)]
struct Besides {
    /// What is current with the API of OpenTelemetry while it is entered.
    opentelemetry: Option<Context>,
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
        let opentelemetry = (in_context && context.is_sampled())
            .then(|| context::current_with(&context))
            .flatten();
        Self {
            context,
            started: Timestamp::now(),
            metadata: attributes.metadata(),
            handles: 1,
            fields,
            besides: opentelemetry.map(|opentelemetry| {
                Box::new(Besides {
                    opentelemetry: Some(opentelemetry),
                    ..Besides::default()
                })
            }),
        }
    }

    pub(super) fn metadata(&self) -> &'static Metadata<'static> {
        self.metadata
    }

    /// What is current with the API of OpenTelemetry while it is entered.
    pub(super) fn opentelemetry(&self) -> Option<Context> {
        self.besides.as_ref()?.opentelemetry.clone()
    }

    pub(super) fn share(&mut self) {
        self.handles += 1;
    }

    /// Takes in that there is one handle less, and tells whether there is none.
    pub(super) fn release(&mut self) -> bool {
        self.handles -= 1;
        self.handles == 0
    }

    pub(super) fn record(&mut self, fields: SpanFields) {
        self.fields.add(fields);
    }

    pub(super) fn event(&mut self, fields: &EventFields, metadata: &Metadata<'_>) {
        let besides = self.besides.get_or_insert_default();
        if let Some(error) = fields.error(metadata) {
            besides.error.get_or_insert_with(|| error.into());
        }
        let before = besides.events.len();
        fields.push(&mut besides.events, span::now(self.started), metadata);
        if besides.events.len() > MOST_BYTES {
            besides.events.truncate(before);
            besides.dropped_events += 1;
        }
    }

    /// How it ended, if it did then.
    pub(super) fn finished(&self, ended: u64) -> Finished<'_> {
        Finished {
            context: &self.context,
            written: self.fields.attributes.as_bytes().len() + self.events().len(),
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
        let name = name.unwrap_or(self.metadata.name());
        head.push(
            message,
            |text| text.extend_from_slice(name.as_bytes()),
            |message| {
                message.extend_from_slice(fields.attributes.as_bytes());
                message.extend_from_slice(self.events());
                let besides = self.besides.as_ref();
                let dropped_events = besides.map_or(0, |besides| besides.dropped_events);
                push_dropped(message, fields.attributes.dropped(), dropped_events);
                self.push_status(message);
            },
        );
    }

    fn events(&self) -> &[u8] {
        let besides = self.besides.as_ref();
        besides.map_or(&[], |besides| &besides.events)
    }

    /// What an event says went wrong.
    fn error(&self) -> Option<&str> {
        self.besides.as_ref()?.error.as_deref()
    }

    /// What the code says of its span has precedence over what an event says.
    fn status(&self) -> Option<StatusCode> {
        let error = self.error();
        self.fields.status.or(error.map(|_| StatusCode::Error))
    }

    fn push_status(&self, message: &mut Vec<u8>) {
        if let Some(status) = self.status() {
            let texts = self.fields.texts.as_ref();
            let description = texts
                .and_then(|texts| texts.description.as_deref())
                .or(self.error());
            push_status(message, status, description.unwrap_or_default());
        }
    }
}
