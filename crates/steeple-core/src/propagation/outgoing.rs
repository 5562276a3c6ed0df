//! What a request that goes out tells.

use super::{baggage::Baggage, parent::Parent, trace_state::TraceState};

/// What the callee of a request is told.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Outgoing<'a> {
    /// The span that the request is sent from, which becomes the callee's parent.
    pub(crate) parent: Parent,
    pub(crate) trace_state: &'a TraceState,
    pub(crate) baggage: &'a Baggage,
}

/// Sets a header field.
pub(crate) type Set<'a> = dyn FnMut(&'static str, &str) + 'a;
