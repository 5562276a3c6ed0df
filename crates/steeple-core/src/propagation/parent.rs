//! What a caller tells of its span.

use crate::trace_context::{RANDOM, SAMPLED, SpanId, TraceContext, TraceId};

/// The span that a request was sent from, as the request tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Parent {
    pub(crate) trace_id: TraceId,
    pub(crate) span_id: SpanId,
    /// Whether the caller records the trace; none if it leaves that to us.
    pub(crate) sampled: Option<bool>,
    /// Whether the trace id is known to be random.
    pub(crate) random: bool,
    /// Whether somebody is looking for a bug and wants the trace recorded everywhere.
    pub(crate) debug: bool,
}

impl Parent {
    /// One of which nothing else is known.
    pub(super) fn new(trace_id: TraceId, span_id: SpanId, sampled: Option<bool>) -> Self {
        Self {
            trace_id,
            span_id,
            sampled,
            random: false,
            debug: false,
        }
    }

    /// The same, recorded for somebody who is looking for a bug.
    pub(crate) fn debugged(self) -> Self {
        Self {
            sampled: Some(true),
            debug: true,
            ..self
        }
    }

    /// That of whoever is called from `span`.
    pub(crate) fn of(span: &TraceContext) -> Self {
        Self {
            random: span.flags() & RANDOM != 0,
            ..Self::new(span.trace_id(), span.span_id(), Some(span.is_sampled()))
        }
    }

    /// The [flags](https://www.w3.org/TR/trace-context-2/#trace-flags), the known ones alone.
    pub(crate) fn flags(&self) -> u8 {
        let sampled = u8::from(self.sampled == Some(true)) * SAMPLED;
        let random = u8::from(self.random) * RANDOM;
        sampled | random
    }

    /// The trace id as a number.
    pub(super) fn trace(&self) -> u128 {
        u128::from_be_bytes(self.trace_id.to_bytes())
    }

    /// The span id as a number.
    pub(super) fn span(&self) -> u64 {
        u64::from_be_bytes(self.span_id.to_bytes())
    }
}
