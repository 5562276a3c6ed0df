//! Who sent a request.

use super::{parent::Parent, traceparent::Traceparent};

/// What is known of the span that a request was sent from.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Caller {
    /// What alone may tell it, unparsed: most requests are not asked.
    Traceparent(Traceparent),
    /// What one of several fields tells.
    Told(Option<Parent>),
}

impl Caller {
    /// Becomes that of another request.
    #[inline]
    pub(crate) fn clear(&mut self) {
        match self {
            Self::Traceparent(traceparent) => traceparent.clear(),
            Self::Told(_) => *self = Self::Traceparent(Traceparent::EMPTY),
        }
    }

    /// Whether there may be one.
    #[inline]
    pub(crate) fn may_be(&self) -> bool {
        match self {
            Self::Traceparent(traceparent) => traceparent.is_there(),
            Self::Told(parent) => parent.is_some(),
        }
    }

    /// Whether it may say that the trace is recorded: little is read to see that.
    pub(crate) fn may_be_sampled(&self) -> bool {
        match self {
            Self::Traceparent(traceparent) => traceparent.may_be_sampled(),
            Self::Told(parent) => parent.is_some(),
        }
    }

    /// The digits of the trace's id, if there is a valid one that nobody has read yet.
    pub(crate) fn trace_digits(&self) -> Option<&[u8; 32]> {
        match self {
            Self::Traceparent(traceparent) => traceparent.trace_digits(),
            Self::Told(_) => None,
        }
    }

    /// The span, if there is a valid one.
    pub(crate) fn parent(&self) -> Option<Parent> {
        match self {
            Self::Traceparent(traceparent) => traceparent.parent(),
            Self::Told(parent) => *parent,
        }
    }
}
