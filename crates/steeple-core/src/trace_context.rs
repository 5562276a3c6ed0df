//! The identity of a request in a distributed trace: [W3C trace context](https://www.w3.org/TR/trace-context-2/).

use std::{
    fmt,
    num::{NonZeroU64, NonZeroU128},
};

use crate::{hex, propagation::Parent};

pub(crate) const SAMPLED: u8 = 0x01;
pub(crate) const RANDOM: u8 = 0x02;

/// The id of a trace: 16 bytes, not all zero.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct TraceId(pub(crate) NonZeroU128);

/// The id of a span: 8 bytes, not all zero.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct SpanId(pub(crate) NonZeroU64);

impl TraceId {
    /// The id, most significant byte first.
    #[must_use]
    pub fn to_bytes(self) -> [u8; 16] {
        self.0.get().to_be_bytes()
    }

    /// The 32 digits that it is written by, which are ASCII.
    #[must_use]
    #[inline]
    pub fn to_hex(self) -> [u8; 32] {
        hex::encode(self.0.get())
    }

    /// The half of it that is [random](https://www.w3.org/TR/trace-context-2/#randomness-of-trace-id).
    pub(crate) fn low(self) -> u64 {
        self.0.get() as u64
    }

    /// The id of these bytes, most significant first; none if all are zero.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 16]) -> Option<Self> {
        NonZeroU128::new(u128::from_be_bytes(bytes)).map(Self)
    }
}

impl SpanId {
    /// The id, most significant byte first.
    #[must_use]
    pub fn to_bytes(self) -> [u8; 8] {
        self.0.get().to_be_bytes()
    }

    /// The 16 digits that it is written by, which are ASCII.
    #[must_use]
    #[inline]
    pub fn to_hex(self) -> [u8; 16] {
        hex::encode(self.0.get().into())
    }

    /// The id of these bytes, most significant first; none if all are zero.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 8]) -> Option<Self> {
        NonZeroU64::new(u64::from_be_bytes(bytes)).map(Self)
    }

    fn random() -> Self {
        Self(NonZeroU64::new(fastrand::u64(..)).unwrap_or(NonZeroU64::MIN))
    }
}

/// Where a request, a job or one of their spans stands in its trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TraceContext {
    trace_id: TraceId,
    span_id: SpanId,
    parent_span_id: Option<SpanId>,
    local_root: SpanId,
    flags: u8,
}

impl TraceContext {
    /// The id that all spans of the trace share.
    #[must_use]
    pub fn trace_id(&self) -> TraceId {
        self.trace_id
    }

    /// The id of this span.
    #[must_use]
    pub fn span_id(&self) -> SpanId {
        self.span_id
    }

    /// The span that this one is part of: for a request the caller's, if it sent a valid one.
    #[must_use]
    pub fn parent_span_id(&self) -> Option<SpanId> {
        self.parent_span_id
    }

    /// The span of this process that all this began with: that of the request or job, most often.
    #[must_use]
    pub fn local_root(&self) -> SpanId {
        self.local_root
    }

    /// Whether the trace is recorded: here, where traces are [configured](crate::ObserverBuilder::traces), else as the caller
    /// says.
    #[must_use]
    pub fn is_sampled(&self) -> bool {
        self.flags & SAMPLED != 0
    }

    /// The [flags](https://www.w3.org/TR/trace-context-2/#trace-flags), the known ones alone.
    #[must_use]
    pub fn flags(&self) -> u8 {
        self.flags
    }

    /// A new span below this one.
    #[must_use]
    pub fn child(&self) -> Self {
        Self {
            span_id: SpanId::random(),
            parent_span_id: Some(self.span_id),
            ..*self
        }
    }

    /// The place of a span of this process of which another library tells these alone.
    #[must_use]
    pub fn of_span(trace_id: TraceId, span_id: SpanId, flags: u8) -> Self {
        Self::of_root(trace_id, span_id, flags & (SAMPLED | RANDOM))
    }

    /// A new span below one of another process.
    #[must_use]
    pub fn below_remote(trace_id: TraceId, parent: SpanId, flags: u8) -> Self {
        Self {
            parent_span_id: Some(parent),
            ..Self::of_span(trace_id, SpanId::random(), flags)
        }
    }

    /// The place of another span that began with the same request or job, of which another library tells its id alone.
    #[must_use]
    pub fn with_span_id(self, span_id: SpanId) -> Self {
        if span_id == self.span_id {
            return self;
        }
        Self {
            span_id,
            parent_span_id: None,
            ..self
        }
    }

    /// The same, as recorded or not.
    #[inline]
    pub(crate) fn sampled(mut self, sampled: bool) -> Self {
        self.flags = self.flags & !SAMPLED | u8::from(sampled);
        self
    }

    pub(crate) fn of_child(parent: &Parent, span_id: SpanId) -> Self {
        Self {
            trace_id: parent.trace_id,
            span_id,
            parent_span_id: Some(parent.span_id),
            local_root: span_id,
            flags: parent.flags(),
        }
    }

    pub(crate) fn of_root(trace_id: TraceId, span_id: SpanId, flags: u8) -> Self {
        Self {
            trace_id,
            span_id,
            parent_span_id: None,
            local_root: span_id,
            flags,
        }
    }
}

impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl fmt::Display for SpanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl fmt::Debug for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TraceId({self})")
    }
}

impl fmt::Debug for SpanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SpanId({self})")
    }
}
