//! The configuration of how traces are begun.

use std::{fmt, sync::Arc};

use crate::{
    outgoing::Hosts,
    pipeline::Budget,
    propagation::{Propagators, ResponseTrace},
    trace_context::TraceContext,
    traces::{Sampler, TraceScope, Trust, scope::MakeScope},
};

/// Configures how the traces of requests and jobs are begun, and which are recorded.
#[derive(Clone)]
#[must_use = "it does nothing unless an observer is given it"]
pub struct TraceConfig {
    pub(super) sampler: Sampler,
    pub(super) trust: Trust,
    pub(super) forced_per_second: f64,
    pub(super) public_endpoint: bool,
    pub(super) records: bool,
    pub(crate) propagators: Propagators,
    pub(super) propagate_to: Option<Hosts>,
    pub(super) response_header: Option<ResponseTrace>,
    pub(super) scope: Option<Arc<MakeScope>>,
    pub(super) held: Budget,
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
