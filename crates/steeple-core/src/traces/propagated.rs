//! What is told of a trace besides the place in it.

use std::{fmt, sync::Arc};

use crate::{
    observer::Shared,
    propagation::{Baggage, Outgoing, Parent, Propagator, Received, TraceState},
    trace_context::{TraceContext, TraceId},
    traces::Lineage,
};

/// What a request or job hands on to those that it calls, besides its place in the trace.
#[derive(Clone)]
pub(crate) struct Propagated {
    /// In whose formats it is told.
    shared: Arc<Shared>,
    trace_id: TraceId,
    trace_state: TraceState,
    baggage: Baggage,
    /// Whether the caller wants the trace recorded everywhere.
    debug: bool,
}

impl Propagated {
    /// What a request was told itself.
    pub(crate) fn new(shared: &Arc<Shared>, lineage: &Lineage, received: &Received) -> Self {
        let (mut trace_state, mut baggage) = (TraceState::default(), Baggage::default());
        if let Some(propagators) = shared.reading.propagators() {
            trace_state.replace(propagators.trace_state(received));
            baggage.replace(received.baggage());
        }
        Self {
            shared: Arc::clone(shared),
            trace_id: lineage.context().trace_id(),
            trace_state,
            baggage,
            debug: lineage.parent().is_some_and(|parent| parent.debug),
        }
    }

    /// Tells whoever is called from `place`.
    pub(crate) fn inject(&self, place: &TraceContext, set: &mut dyn FnMut(&str, &str)) {
        let Some(propagators) = self.shared.reading.propagators() else {
            return inject_place(place, set);
        };
        let none = TraceState::default();
        // The state and the wish belong to one trace, the baggage to whatever is done.
        let is_own = place.trace_id() == self.trace_id;
        let parent = Parent::of(place);
        let outgoing = Outgoing {
            parent: if is_own && self.debug && place.is_sampled() {
                parent.debugged()
            } else {
                parent
            },
            trace_state: if is_own { &self.trace_state } else { &none },
            baggage: &self.baggage,
        };
        propagators.inject(&outgoing, &mut |name, value| set(name, value));
    }

    pub(crate) fn baggage(&self, name: &str) -> Option<String> {
        self.baggage.get(name).map(Into::into)
    }

    pub(crate) fn set_baggage(&mut self, name: &str, value: &str) {
        self.baggage.set(name, value);
    }
}

/// Tells whoever is called from `place`, of which nothing else is known.
pub(crate) fn inject_place(place: &TraceContext, set: &mut dyn FnMut(&str, &str)) {
    let outgoing = Outgoing {
        parent: Parent::of(place),
        trace_state: &TraceState::default(),
        baggage: &Baggage::default(),
    };
    Propagator::TraceContext.inject(&outgoing, &mut |name, value| set(name, value));
}

impl fmt::Debug for Propagated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Propagated")
            .field("trace_state", &self.trace_state)
            .field("baggage", &self.baggage)
            .finish_non_exhaustive()
    }
}
