//! The trace of an observation.

use crate::{
    clock::Moment,
    head::RequestHead,
    observation::state::{State, Subject},
    observer::Shared,
    trace_context::TraceContext,
    traces::{Recording, SpanLink, Traces},
};

impl State {
    /// Decides on the trace of a request, and begins to record it.
    #[inline]
    pub(crate) fn trace_request(
        &mut self,
        traces: &Traces,
        head: &RequestHead<'_>,
        started: Moment,
    ) {
        let own = self.progress.policy.sampler;
        let lineage = &mut self.fields.lineage;
        if self.progress.policy.ignore {
            lineage.decide(false);
            return;
        }
        traces.decide(lineage, head, own);
        if lineage.is_recorded() {
            self.record_request(traces, head, started);
        }
    }

    #[inline(never)]
    fn record_request(&mut self, traces: &Traces, head: &RequestHead<'_>, started: Moment) {
        self.record(traces, started);
        if let Some(recording) = &mut self.recording {
            recording.link(SpanLink::to_caller(&self.fields.lineage));
            recording.keep(head);
        }
    }

    /// The same for a job.
    pub(crate) fn trace_job(&mut self, traces: &Traces, started: Moment) {
        traces.decide_root(&mut self.fields.lineage);
        if self.fields.lineage.is_recorded() {
            self.record(traces, started);
        }
    }

    fn record(&mut self, traces: &Traces, started: Moment) {
        self.scope = traces.record(&self.fields.lineage, started, &mut self.recording);
    }

    /// What was recorded; none if the route's own sampler, where that is known only now, does not record it.
    #[inline]
    pub(crate) fn take_recording(&mut self, shared: &Shared) -> Option<Box<Recording>> {
        if !self.fields.lineage.is_recorded() {
            return None;
        }
        self.scope = None;
        let traces = shared.traces.as_ref()?;
        let own = self.progress.policy.sampler;
        let is_news = self.beginning.route != self.progress.route
            && matches!(self.beginning.subject, Subject::Request);
        if let Some(own) = own.filter(|_| is_news)
            && !traces.agrees(&self.fields.lineage, own)
        {
            return None;
        }
        self.recording.take()
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
