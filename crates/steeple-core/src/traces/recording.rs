//! What is kept of a request or job whose trace is recorded.

use std::fmt;

use crate::{
    clock::Timestamp,
    pipeline::Budget,
    propagation::TraceState,
    trace_context::{SpanId, TraceContext, TraceId},
    traces::{Lineage, encoded::Encoded},
};

/// What is kept of a request or job whose trace is recorded.
///
/// It is made once for each pooled observation, and all of its buffers are used again.
pub struct Recording {
    context: TraceContext,
    started: Timestamp,
    link: Option<SpanLink>,
    pub(crate) trace_state: TraceState,
    spans: Encoded,
    events: Encoded,
}

/// The span of another trace that a span has to do with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SpanLink {
    /// The other trace.
    pub trace_id: TraceId,
    /// The span in it.
    pub span_id: SpanId,
}

/// What became of a span or an event that ended while a request was running.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FinishedSpan {
    /// It is with the request, and goes where that goes.
    Kept,
    /// The request has no room for it any more.
    NoRoom,
    /// There is no request here that it belongs to: it is on its own.
    Alone,
}

impl SpanLink {
    /// That to the caller whose trace was not continued.
    pub(crate) fn to_caller(lineage: &Lineage) -> Option<Self> {
        let caller = lineage.is_restarted().then(|| lineage.parent())??;
        Some(Self {
            trace_id: caller.trace_id,
            span_id: caller.span_id,
        })
    }
}

impl Recording {
    /// The spans and events will be held within `budget`.
    pub(crate) fn new(context: TraceContext, started: Timestamp, budget: &Budget) -> Self {
        Self {
            context,
            started,
            link: None,
            trace_state: TraceState::default(),
            spans: Encoded::within(budget),
            events: Encoded::within(budget),
        }
    }

    /// Becomes that of another request or job.
    pub(crate) fn begin(&mut self, context: TraceContext, started: Timestamp) {
        (self.context, self.started) = (context, started);
        self.link = None;
        self.trace_state.clear();
        self.end();
    }

    /// Gives back the memory that the next request or job is unlikely to need.
    pub(crate) fn end(&mut self) {
        self.spans.clear();
        self.events.clear();
    }

    pub(crate) fn link(&mut self, link: Option<SpanLink>) {
        self.link = link;
    }

    /// Lets `write` write a finished span behind the others, unless there is no room.
    pub(crate) fn span(&mut self, write: impl FnOnce(&mut Vec<u8>)) -> FinishedSpan {
        self.spans.push(write)
    }

    /// The same for an event.
    pub(crate) fn event(&mut self, write: impl FnOnce(&mut Vec<u8>)) -> FinishedSpan {
        self.events.push(write)
    }

    /// The place in the trace.
    #[must_use]
    pub fn context(&self) -> &TraceContext {
        &self.context
    }

    /// When it began.
    #[must_use]
    pub fn started(&self) -> Timestamp {
        self.started
    }

    /// The span of the caller whose trace was not continued, since the service is a [public
    /// endpoint](crate::TraceConfig::public_endpoint).
    #[must_use]
    pub fn span_link(&self) -> Option<SpanLink> {
        self.link
    }

    /// The field [`tracestate`](https://www.w3.org/TR/trace-context-2/#tracestate-header) to go on with, empty if there is none.
    #[must_use]
    pub fn trace_state(&self) -> &str {
        self.trace_state.as_str()
    }

    /// The spans that ended within it, as [`current::finished_span`](crate::current::finished_span) wrote them.
    #[must_use]
    pub fn spans(&self) -> &[u8] {
        &self.spans.bytes
    }

    /// How many spans those are.
    #[must_use]
    pub fn span_count(&self) -> u32 {
        self.spans.count
    }

    /// The events that happened in no span but its own, as [`current::event`](crate::current::event) wrote them.
    #[must_use]
    pub fn events(&self) -> &[u8] {
        &self.events.bytes
    }

    /// How many more events had no room.
    #[must_use]
    pub fn dropped_events(&self) -> u32 {
        self.events.dropped
    }
}

impl fmt::Debug for Recording {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recording")
            .field("context", &self.context)
            .field("started", &self.started)
            .finish_non_exhaustive()
    }
}
