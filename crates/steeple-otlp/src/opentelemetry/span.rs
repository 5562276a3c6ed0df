use std::{borrow::Cow, time::SystemTime};

use opentelemetry::{
    KeyValue,
    trace::{self, SpanContext, Status},
};

use super::open_span::OpenSpan;
use crate::traces::span_queue::SpanQueue;

/// A span of a [`Tracer`](super::Tracer). It ends when it is dropped, if not before.
#[derive(Debug)]
pub struct Span {
    span_context: SpanContext,
    /// None if it is not recorded, or not any more.
    recording: Option<Box<(OpenSpan, SpanQueue)>>,
}

impl Span {
    pub(super) fn unrecorded(span_context: SpanContext) -> Self {
        Self {
            span_context,
            recording: None,
        }
    }

    pub(super) fn recorded(span_context: SpanContext, open: OpenSpan, spans: SpanQueue) -> Self {
        Self {
            span_context,
            recording: Some(Box::new((open, spans))),
        }
    }

    fn with_open(&mut self, f: impl FnOnce(&mut OpenSpan)) {
        if let Some(recording) = &mut self.recording {
            f(&mut recording.0);
        }
    }
}

impl trace::Span for Span {
    fn add_event_with_timestamp<T>(
        &mut self,
        name: T,
        timestamp: SystemTime,
        attributes: Vec<KeyValue>,
    ) where
        T: Into<Cow<'static, str>>,
    {
        self.with_open(|open| open.event(&name.into(), timestamp, &attributes));
    }

    fn span_context(&self) -> &SpanContext {
        &self.span_context
    }

    fn is_recording(&self) -> bool {
        self.recording.is_some()
    }

    fn set_attribute(&mut self, attribute: KeyValue) {
        self.with_open(|open| open.attribute(&attribute));
    }

    fn set_status(&mut self, status: Status) {
        self.with_open(|open| open.status(status));
    }

    fn update_name<T>(&mut self, new_name: T)
    where
        T: Into<Cow<'static, str>>,
    {
        self.with_open(|open| open.name = new_name.into());
    }

    fn add_link(&mut self, span_context: SpanContext, attributes: Vec<KeyValue>) {
        self.with_open(|open| open.link(&span_context, &attributes));
    }

    fn end(&mut self) {
        if let Some((open, _)) = self.recording.as_deref() {
            let now = open.now();
            self.end_with_timestamp(now);
        }
    }

    fn end_with_timestamp(&mut self, timestamp: SystemTime) {
        if let Some(recording) = self.recording.take() {
            let (open, spans) = *recording;
            let trace_state = self.span_context.trace_state();
            spans.leave(&open.finished(timestamp), |message| {
                open.push(message, trace_state, timestamp);
            });
            spans.forget(open.context());
        }
    }
}

impl Drop for Span {
    fn drop(&mut self) {
        trace::Span::end(self);
    }
}
