//! The trace of an observation.

use std::sync::Arc;

use crate::{
    head::RequestHead,
    headers::RequestFields,
    observation::state::{State, Subject},
    observer::Shared,
    propagation::{Parent, ResponseTrace},
    trace_context::{SpanId, TraceContext},
    traces::{Propagated, Recording, SpanLink, Traces},
};

impl State {
    /// Decides on the trace of a request, and begins to record it.
    #[inline(never)]
    pub(crate) fn trace_request(&mut self, traces: &Traces, head: &RequestHead<'_>) {
        let own = self.progress.policy.sampler;
        if self.progress.policy.ignore {
            traces.ignore(&mut self.fields, head);
            return;
        }
        traces.decide(&mut self.fields, head, own);
        if self.fields.lineage.is_recorded() {
            self.record_request(traces);
            self.keep_head(head);
        }
    }

    fn record_request(&mut self, traces: &Traces) {
        self.record(traces);
        if let (Some(recording), Some(shared)) = (&mut self.recording, &self.shared) {
            let (lineage, received) = (&self.fields.lineage, &self.fields.received);
            recording.link(SpanLink::to_caller(lineage));
            let propagators = shared.reading.propagators();
            let trace_state = propagators
                .map(|propagators| propagators.trace_state(received, || lineage.parent()));
            recording
                .trace_state
                .replace(trace_state.unwrap_or_default());
        }
    }

    /// What tells the client of the trace, if anything does.
    #[inline]
    pub(crate) fn response_header(&self) -> Option<ResponseTrace> {
        self.shared.as_ref()?.traces.as_ref()?.response_header()
    }

    /// Lets `add` add it.
    #[cold]
    pub(crate) fn tell_trace(&self, field: ResponseTrace, add: impl FnOnce(&'static str, &str)) {
        let span = Parent::of(&self.context());
        add(field.name(), field.value(&span).as_str());
    }

    /// What those are told that are called from here, besides the place in the trace. None while the observation settles.
    pub(crate) fn propagated(&mut self) -> Option<&mut Arc<Propagated>> {
        let shared = self.shared.as_ref()?;
        let RequestFields {
            lineage, received, ..
        } = &self.fields;
        let make = || Arc::new(Propagated::new(shared, lineage, received));
        Some(self.propagated.get_or_insert_with(make))
    }

    /// The same for a job.
    pub(crate) fn trace_job(&mut self, traces: &Traces) {
        traces.decide_root(&mut self.fields.lineage);
        if self.fields.lineage.is_recorded() {
            self.record(traces);
        }
    }

    fn record(&mut self, traces: &Traces) {
        let started = self.beginning.started;
        self.scope = traces.record(&self.fields.lineage, started, &mut self.recording);
        self.is_surrounded |= self.scope.is_some();
        if let (Some(recording), Some(shared)) = (&self.recording, &self.shared) {
            shared.recorded(recording.context());
        }
    }

    /// What was recorded; none if the route, where that is known only now, is left out or has a sampler that does not record it.
    #[inline]
    pub(crate) fn take_recording(&mut self, shared: &Shared) -> Option<Box<Recording>> {
        self.fields
            .lineage
            .is_recorded()
            .then(|| self.take_recorded(shared))?
    }

    #[inline(never)]
    fn take_recorded(&mut self, shared: &Shared) -> Option<Box<Recording>> {
        self.scope = None;
        self.is_surrounded = shared.isolation.is_some();
        let traces = shared.traces.as_ref()?;
        if self.is_refused(traces) {
            if let Some(recording) = &mut self.recording {
                shared.refused(recording);
                recording.end();
            }
            return None;
        }
        self.recording.take()
    }

    #[inline]
    fn is_refused(&mut self, traces: &Traces) -> bool {
        let policy = &self.progress.policy;
        let is_news = self.beginning.route != self.progress.route
            && matches!(self.beginning.subject, Subject::Request);
        let own = policy.sampler.filter(|_| is_news);
        policy.ignore || own.is_some_and(|own| !traces.agrees(&mut self.fields.lineage, own))
    }

    /// The span that its scope knows to be current, if there is one of its trace.
    #[inline]
    pub(crate) fn known_to_scope(&self) -> Option<SpanId> {
        let (trace_id, span_id) = self.scope.as_ref()?.span()?;
        (trace_id == self.context().trace_id()).then_some(span_id)
    }

    /// The place in the trace.
    pub(crate) fn context(&self) -> TraceContext {
        let lineage = &self.fields.lineage;
        // While it settles the recording is away, and what it says is worked out again.
        let recording = self.recording.as_deref().filter(|_| lineage.is_recorded());
        recording.map_or_else(|| lineage.context(), |recording| *recording.context())
    }

    /// The same if the trace is sampled.
    pub(crate) fn sampled_context(&self) -> Option<TraceContext> {
        let lineage = &self.fields.lineage;
        if lineage.is_recorded() {
            return Some(self.context());
        }
        lineage.sampled_context()
    }

    /// The recording of the trace that `span` belongs to, if it is this one's.
    pub(crate) fn recording_of(&mut self, span: &TraceContext) -> Option<&mut Recording> {
        let lineage = &self.fields.lineage;
        if !lineage.is_recorded() {
            return None;
        }
        self.recording
            .as_deref_mut()
            .filter(|recording| recording.context().local_root() == span.local_root())
    }
}
