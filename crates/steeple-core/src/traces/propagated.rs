//! What is told of a trace besides the place in it.

use std::{fmt, sync::Arc};

use crate::{
    observer::Shared,
    propagation::{Baggage, Outgoing, Parent, Propagator, Propagators, Received, TraceState},
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
            trace_state.replace(propagators.trace_state(received, || lineage.parent()));
            baggage.replace(received.baggage());
        }
        Self {
            shared: Arc::clone(shared),
            trace_id: lineage.context().trace_id(),
            trace_state,
            baggage,
            debug: !lineage.is_restarted() && lineage.parent().is_some_and(|parent| parent.debug),
        }
    }

    /// The formats of whoever observes the request.
    pub(crate) fn propagators(&self) -> Option<&Propagators> {
        self.shared.reading.propagators()
    }

    pub(crate) fn baggage(&self, name: &str) -> Option<String> {
        self.baggage.get(name).map(Into::into)
    }

    pub(crate) fn set_baggage(&mut self, name: &str, value: &str) {
        self.baggage.set(name, value);
    }
}

/// Tells whoever is called from `place` of it, in trace context alone if there are no `propagators`.
pub(crate) fn inject(
    propagators: Option<&Propagators>,
    place: &TraceContext,
    propagated: Option<&Propagated>,
    set: &mut dyn FnMut(&'static str, &str),
) {
    let (no_state, no_baggage) = (TraceState::default(), Baggage::default());
    // The state and the wish belong to one trace, the baggage to whatever is done.
    let own = propagated.filter(|propagated| propagated.trace_id == place.trace_id());
    let parent = Parent::of(place);
    let debug = own.is_some_and(|own| own.debug) && place.is_sampled();
    let outgoing = Outgoing {
        parent: if debug { parent.debugged() } else { parent },
        trace_state: own.map_or(&no_state, |own| &own.trace_state),
        baggage: propagated.map_or(&no_baggage, |propagated| &propagated.baggage),
    };
    match propagators {
        Some(propagators) => propagators.inject(&outgoing, set),
        None => Propagator::TraceContext.inject(&outgoing, set),
    }
}

impl fmt::Debug for Propagated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Propagated")
            .field("trace_id", &self.trace_id)
            .finish_non_exhaustive()
    }
}
