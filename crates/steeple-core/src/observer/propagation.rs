//! What is told of traces, for other libraries' ideas of them.

use super::Observer;
use crate::{
    current,
    propagation::{Propagators, Received},
    trace_context::TraceContext,
    traces::propagated,
};

impl Observer {
    /// Writes the header fields of what goes out from `place`, as [`current::inject`] does from where the running code is: for
    /// other libraries' ideas of a place.
    pub fn inject_from(&self, place: &TraceContext, set: &mut dyn FnMut(&'static str, &str)) {
        let propagators = self.shared.reading.propagators();
        propagated::inject(propagators, place, current::propagated().as_deref(), set);
    }

    /// The span that something came from that is no request, and the `tracestate` of its trace, by the header fields that
    /// `field` finds by their names.
    #[must_use]
    pub fn sender<'a>(
        &self,
        field: &dyn Fn(&str) -> Option<&'a str>,
    ) -> Option<(TraceContext, String)> {
        let propagators = self.shared.reading.propagators()?;
        let mut received = Received::default();
        for name in propagators.header_names() {
            if let Some(value) = field(name) {
                received.keep(propagators, name, value.as_bytes());
            }
        }
        let parent = propagators.extract(&received)?;
        let span = TraceContext::of_span(parent.trace_id, parent.span_id, parent.flags());
        let trace_state = propagators.trace_state(&received);
        Some((span, String::from_utf8_lossy(trace_state).into_owned()))
    }

    /// The names of the header fields that tell of traces, in lower case.
    pub fn trace_header_names(&self) -> impl Iterator<Item = &'static str> {
        let propagators = self.shared.reading.propagators().into_iter();
        propagators.flat_map(Propagators::header_names)
    }
}
