//! What is told of traces, for other libraries' ideas of them.

use super::Observer;
use crate::{
    current,
    outgoing::address,
    propagation::{Parent, Propagators, Received},
    trace_context::{SpanId, TraceContext, TraceId},
    traces::{Lineage, propagated},
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
        let trace_state = propagators.trace_state(&received, || Some(parent));
        Some((span, String::from_utf8_lossy(trace_state).into_owned()))
    }

    /// A new span below one of another process that something came from which is no request, such as the message of a queue.
    ///
    /// Whether it is recorded is decided as for requests: by the [sampler](crate::TraceConfig::sampler), to which the sender's flag
    /// counts only if [everybody](crate::Trust::everybody) is trusted. Otherwise a [public
    /// endpoint](crate::TraceConfig::public_endpoint) begins a new trace. Where traces are not configured, the flag is passed on.
    #[must_use]
    pub fn continue_trace(&self, trace_id: TraceId, parent: SpanId, flags: u8) -> TraceContext {
        let parent = Parent::of(&TraceContext::of_span(trace_id, parent, flags));
        match &self.shared.traces {
            Some(traces) => traces.continue_from(parent),
            None => Lineage::below(parent).context(),
        }
    }

    /// Whether clients tell `host` of traces, as [`TraceConfig::propagate_to`](crate::TraceConfig::propagate_to) says.
    #[must_use]
    pub fn propagates_to(&self, host: &str) -> bool {
        self.shared.propagates_to(address(host))
    }

    /// The names of the header fields that tell of traces, in lower case.
    pub fn trace_header_names(&self) -> impl Iterator<Item = &'static str> {
        let propagators = self.shared.reading.propagators().into_iter();
        propagators.flat_map(Propagators::header_names)
    }
}
