//! How traces are begun.

use std::{fmt, sync::Arc};

use crate::{
    clock::{Moment, Timestamp},
    head::RequestHead,
    headers::RequestFields,
    outgoing::Hosts,
    panic,
    pipeline::Budget,
    propagation::{Parent, Propagators, ResponseTrace},
    trace_context::TraceContext,
    traces::{
        Lineage, Recording, Sampler, SpanLink, TraceScope, Trust, rate_limit::RateLimit,
        scope::MakeScope,
    },
};

/// Configures how the traces of requests and jobs are begun, and which are recorded.
#[derive(Clone)]
#[must_use = "it does nothing unless an observer is given it"]
pub struct TraceConfig {
    sampler: Sampler,
    trust: Trust,
    forced_per_second: f64,
    public_endpoint: bool,
    records: bool,
    pub(crate) propagators: Propagators,
    propagate_to: Option<Hosts>,
    response_header: Option<ResponseTrace>,
    scope: Option<Arc<MakeScope>>,
    held: Budget,
}

impl TraceConfig {
    /// As the defaults of each setting say.
    pub fn new() -> Self {
        Self {
            sampler: Sampler::default(),
            trust: Trust::default(),
            forced_per_second: 1_000.0,
            public_endpoint: false,
            records: true,
            propagators: Propagators::default(),
            propagate_to: None,
            response_header: None,
            scope: None,
            held: Budget::held(),
        }
    }

    /// Which traces are recorded. Default: [`Sampler::default`].
    pub fn sampler(mut self, sampler: Sampler) -> Self {
        self.sampler = sampler;
        self
    }

    /// Whose word on that counts. Default: nobody's.
    pub fn trust(mut self, trust: Trust) -> Self {
        self.trust = trust;
        self
    }

    /// How many traces a second are recorded at most only because a trusted caller wants it. Default: 1,000.
    pub fn forced_per_second(mut self, traces: f64) -> Self {
        self.forced_per_second = traces;
        self
    }

    /// Begins a new trace for every caller that is not [trusted](Self::trust), with a link to the caller's, and takes no
    /// baggage from it. Default: the caller's trace is continued.
    pub fn public_endpoint(mut self) -> Self {
        self.public_endpoint = true;
        self
    }

    /// Records nothing, whatever samplers say, and passes on what callers say of it: for services whose traces nobody sends.
    /// Default: what the samplers want is recorded.
    pub fn without_recording(mut self) -> Self {
        self.records = false;
        self.sampler = Sampler::always_off();
        self
    }

    /// In which formats callers tell of their traces, and those that are called are told. Default: [`Propagators::default`].
    pub fn propagators(mut self, propagators: Propagators) -> Self {
        self.propagators = propagators;
        self
    }

    /// Which hosts the clients of the adapters tell of traces: by name, or, with a dot first, by what the name ends in. Default:
    /// all that are called. Metrics tell the hosts that are given by name apart even if they never answer, or if
    /// [100 others](crate::CallRecord::server) did before.
    ///
    /// A client that follows redirects by itself takes the header fields along, to hosts that are not on the list, too. That of
    /// reqwest does not with the policy of its adapter, `ObserveRequests::redirects`.
    ///
    /// ```
    /// use steeple_core::TraceConfig;
    ///
    /// let config = TraceConfig::new().propagate_to(["payments", ".svc.cluster.local"]);
    /// ```
    pub fn propagate_to(mut self, hosts: impl IntoIterator<Item: Into<String>>) -> Self {
        self.propagate_to = Some(Hosts::new(hosts));
        self
    }

    /// Adds a header field to every response that tells the client of the trace. Default: none.
    pub fn response_header(mut self, field: ResponseTrace) -> Self {
        self.response_header = Some(field);
        self
    }

    /// What bounds the memory of spans and events that are held until the requests and jobs end that they belong to, of all that
    /// are open together and with what is kept for the next ones: one has 256 KiB of each at most. Default: [`Budget::held`],
    /// 32 MiB. Spans for which there is no room are on their own, or [dropped](crate::FinishedSpan::NoRoom), as sinks have it.
    pub fn held(mut self, budget: Budget) -> Self {
        self.held = budget;
        self
    }

    /// Makes something current while a recorded request or job is polled. Default: nothing.
    pub fn scope(
        mut self,
        make: impl Fn(&TraceContext) -> Arc<dyn TraceScope> + Send + Sync + 'static,
    ) -> Self {
        self.scope = Some(Arc::new(make));
        self
    }
}

impl Default for TraceConfig {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for TraceConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TraceConfig")
            .field("sampler", &self.sampler)
            .field("trust", &self.trust)
            .field("forced_per_second", &self.forced_per_second)
            .field("public_endpoint", &self.public_endpoint)
            .field("records", &self.records)
            .field("propagators", &self.propagators)
            .field("propagate_to", &self.propagate_to)
            .field("response_header", &self.response_header)
            .field("held", &self.held)
            .finish_non_exhaustive()
    }
}

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

impl SpanLink {
    /// That to the caller whose trace was not continued.
    pub(crate) fn to_caller(lineage: &Lineage) -> Option<Self> {
        let caller = lineage.parent().filter(|_| lineage.is_restarted())?;
        Some(Self {
            trace_id: caller.trace_id,
            span_id: caller.span_id,
        })
    }
}
