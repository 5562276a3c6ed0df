//! How traces are begun.

use std::sync::Arc;

use crate::{
    clock::{Moment, Timestamp},
    head::RequestHead,
    headers::RequestFields,
    panic,
    propagation::{Parent, ResponseTrace},
    trace_context::TraceContext,
    traces::{Lineage, Recording, Sampler, TraceConfig, TraceScope, rate_limit::RateLimit},
};

/// How an observer begins its traces.
pub(crate) struct Traces {
    config: TraceConfig,
    /// Those of routes that have their own, by their numbers.
    samplers: Vec<Sampler>,
    /// Whether it matters to one of these who the caller is: the route may be known only when the caller is not there any more.
    own_ask_caller: bool,
    forced: RateLimit,
}

/// The number of a route's own sampler among all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OwnSampler(pub(crate) u16);

impl Traces {
    pub(crate) fn new(config: TraceConfig, samplers: Vec<Sampler>) -> Self {
        let forced = RateLimit::per_second(config.forced_per_second);
        Self {
            own_ask_caller: samplers.iter().any(Sampler::asks_caller),
            config,
            samplers,
            forced,
        }
    }

    /// Decides on the trace of a request.
    #[inline]
    pub(crate) fn decide(
        &self,
        fields: &mut RequestFields,
        head: &RequestHead<'_>,
        own: Option<OwnSampler>,
    ) {
        let sampler = self.sampler(own);
        self.admit(fields, head, sampler.asks_caller() || self.own_ask_caller);
        self.sample(sampler, &mut fields.lineage);
    }

    /// Decides that a request is not recorded.
    pub(crate) fn ignore(&self, fields: &mut RequestFields, head: &RequestHead<'_>) {
        self.admit(fields, head, false);
        if self.config.records {
            fields.lineage.decide(false);
        }
    }

    /// Lets in what the caller tells, if it `matters` who that is: otherwise the caller need not even be read.
    #[inline]
    fn admit(&self, fields: &mut RequestFields, head: &RequestHead<'_>, matters: bool) {
        let tells = || fields.lineage.has_caller() || !fields.received.baggage().is_empty();
        if (matters || self.config.public_endpoint) && tells() {
            self.meet_caller(fields, head);
        }
    }

    /// Sees whether the caller is trusted. A public endpoint does not continue the trace of others, and takes nothing from them.
    fn meet_caller(&self, fields: &mut RequestFields, head: &RequestHead<'_>) {
        if self.config.trust.includes(head) {
            fields.lineage.trust();
        } else if self.config.public_endpoint {
            fields.lineage.restart();
            fields.received.clear();
        }
    }

    /// Has a sampler decide.
    #[inline]
    fn sample(&self, sampler: &Sampler, lineage: &mut Lineage) {
        let recorded = self.samples(sampler, lineage);
        if self.config.records {
            lineage.decide(recorded);
        }
    }

    /// Whether a sampler records it. What its caller alone wants recorded counts for the limit once, however many are asked.
    #[inline]
    fn samples(&self, sampler: &Sampler, lineage: &mut Lineage) -> bool {
        let sampled = lineage.trusted_parent().and_then(|parent| parent.sampled);
        let mut forces = false;
        let force = || {
            forces = lineage.is_forced() || self.forced.admits();
            forces
        };
        let recorded = sampler.decide(|| lineage.random(), sampled, force);
        if forces {
            lineage.force();
        }
        recorded
    }

    /// Continues the trace of a span of another process that something came from that is no request, as that of a request.
    pub(crate) fn continue_from(&self, parent: Parent) -> TraceContext {
        let mut lineage = Lineage::below(parent);
        if self.config.trust.is_everybody() {
            lineage.trust();
        } else if self.config.public_endpoint {
            lineage.restart();
        }
        self.sample(&self.config.sampler, &mut lineage);
        lineage.context()
    }

    /// Begins a trace outside of any request or job.
    pub(crate) fn begin(&self) -> TraceContext {
        let mut lineage = Lineage::root();
        self.decide_root(&mut lineage);
        lineage.context()
    }

    /// Whether this host may know of traces.
    pub(crate) fn tell(&self, host: &str) -> bool {
        let hosts = self.config.propagate_to.as_ref();
        hosts.is_none_or(|hosts| hosts.include(host))
    }

    /// Whether this host is named as one that may know of traces.
    pub(crate) fn name(&self, host: &str) -> bool {
        let hosts = self.config.propagate_to.as_ref();
        hosts.is_some_and(|hosts| hosts.name(host))
    }

    /// Decides on a trace that begins here.
    pub(crate) fn decide_root(&self, lineage: &mut Lineage) {
        self.sample(&self.config.sampler, lineage);
    }

    /// Whether no sampler can ever record anything, though something is to be recorded.
    pub(crate) fn is_off(&self) -> bool {
        let heeds_callers = !self.config.trust.is_nobody();
        let mut samplers = self.samplers.iter().chain([&self.config.sampler]);
        self.config.records && samplers.all(|sampler| sampler.is_off_for(heeds_callers))
    }

    /// Whether the route's own sampler records it too, of which nothing was known when it was decided: as it would have been
    /// decided then.
    pub(crate) fn agrees(&self, lineage: &mut Lineage, own: OwnSampler) -> bool {
        self.samples(self.sampler(Some(own)), lineage)
    }

    fn sampler(&self, own: Option<OwnSampler>) -> &Sampler {
        let own = own.and_then(|own| self.samplers.get(usize::from(own.0)));
        own.unwrap_or(&self.config.sampler)
    }

    /// What tells clients of their trace.
    pub(crate) fn response_header(&self) -> Option<ResponseTrace> {
        self.config.response_header
    }

    /// Begins to keep what a recorded request or job tells, in `recording` if there was an earlier one.
    pub(crate) fn record(
        &self,
        lineage: &Lineage,
        started: Moment,
        recording: &mut Option<Box<Recording>>,
    ) -> Option<Arc<dyn TraceScope>> {
        let (context, started) = (lineage.context(), Timestamp::at(started));
        match recording {
            Some(recording) => recording.begin(context, started),
            None => {
                *recording = Some(Box::new(Recording::new(
                    context,
                    started,
                    &self.config.held,
                )))
            }
        }
        let make = self.config.scope.as_ref()?;
        let mut scope = None;
        panic::quietly(|| scope = Some(make(&context)));
        scope
    }
}
