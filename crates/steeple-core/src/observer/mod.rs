//! The observer: what a service observes its requests with.

mod builder;
mod error;
mod handle;
mod isolation;
mod propagation;

use std::{
    fmt,
    sync::{
        Arc, Once,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, ThreadId},
};

use self::handle::Handle;
pub(crate) use self::isolation::Isolation;
pub use self::{builder::ObserverBuilder, error::ObserverError};
use crate::{
    clock::Moment,
    connection::Connection,
    current,
    errors::{self, ErrorReport, Facts, Failure, Reporting},
    head::{HttpVersion, RequestHead, Scheme},
    kept_head::{KeptFields, KeptHead},
    label::Labels,
    lifetime::Lifetime,
    method::{Method, Methods},
    observation::{self, Beginning, ContentRule, Job, Observation, Refined, Subject, Trouble},
    outcome::{ErrorType, Outcome},
    outgoing::{CallRecord, OutgoingCall, OutgoingHead, Servers},
    panic::{self, PanicReport},
    reading::Reading,
    record::{JobRecord, RequestRecord},
    request_metrics::RequestMetrics,
    route::{Route, Routes},
    sink::Sink,
    trace_context::TraceContext,
    traces::{Lineage, Recording, Traces},
};

/// Observes requests and jobs. Cloning it is cheap; the clones are one observer.
#[derive(Clone)]
pub struct Observer {
    shared: Handle,
}

/// What all observations of an observer share.
pub(crate) struct Shared {
    pub(crate) methods: Methods,
    pub(crate) routes: Routes,
    pub(crate) labels: Labels,
    pub(crate) servers: Servers,
    pub(crate) reading: Reading,
    pub(crate) traces: Option<Traces>,
    pub(crate) isolation: Option<Arc<Isolation>>,
    scheme: Scheme,
    pub(crate) metrics: Vec<RequestMetrics>,
    sinks: Vec<Box<dyn Sink>>,
    pub(crate) errors: Reporting,
    pub(crate) kept_fields: KeptFields,
    /// Whether somebody reads what is kept of the heads of all requests.
    keeps_heads: bool,
    built_on: ThreadId,
    on_worker: Vec<Box<dyn Fn() + Send + Sync>>,
    warned_of_twice: AtomicBool,
    warned_of_sink: AtomicBool,
    warned_of_redirect: AtomicBool,
}

impl Observer {
    /// Begins to configure an observer.
    pub fn builder() -> ObserverBuilder {
        ObserverBuilder::default()
    }

    /// Begins to observe a request.
    ///
    /// If this observer observes the current request already, because its layer was applied twice, the result observes
    /// nothing: the request counts once.
    #[inline(always)]
    pub fn start(&self, head: &RequestHead<'_>) -> Observation {
        if self.refine_current(head) {
            return Observation::of_nothing();
        }
        let shared = &self.shared;
        let mut state = observation::acquire(shared);
        if shared.keeps_heads {
            state.read_and_keep(head, shared);
        } else {
            state.fields.read(head.headers, &shared.reading);
        }
        let method = shared.methods.classify(head.method);
        let scheme = head.scheme.unwrap_or(shared.scheme);
        // Without a template it has the route that every request begins with.
        if let Some(template) = head.route {
            let (route, policy) = shared.routes.resolve(template);
            (state.progress.route, state.progress.policy) = (route, *policy);
        }
        state.progress.labels = shared.labels.read(head);
        let (route, active) = (state.progress.route, !state.progress.policy.ignore);
        if active {
            shared.started(method, scheme, route);
        }
        state.beginning = Beginning {
            subject: Subject::Request,
            started: Moment::now(),
            method,
            scheme,
            version: head.version,
            content: ContentRule::of(head.method),
            request_size: head.body_size.or(state.fields.content_length),
            active,
            route,
        };
        if let Some(traces) = &shared.traces {
            state.trace_request(traces, head);
        }
        if let Some(isolation) = &shared.isolation {
            state.own_scope = isolation.scope();
        }
        Observation::new(state)
    }

    /// Tells that threads whose names begin with `workers` observe alike, for adapters whose servers have such.
    ///
    /// Workers should share one observer: if this is one of them and built this observer, it warns, once in a process. What
    /// [`ObserverBuilder::on_worker`] says is done.
    pub fn serve_worker(&self, workers: &str) {
        static WARNED: Once = Once::new();
        let current = thread::current();
        let is_worker = current.name().is_some_and(|name| name.starts_with(workers));
        if !is_worker {
            return;
        }
        self.shared.on_worker.iter().for_each(|call| call());
        if self.shared.built_on == current.id() {
            WARNED.call_once(|| {
                panic::quietly(|| {
                    tracing::warn!(
                        "a server's worker has built an observer of its own, and counts on its own: build it once, outside of \
                         the closure that makes the application, and clone it there"
                    );
                });
            });
        }
    }

    /// The names of the header fields that are read of every request of `version` whose body's size is known to be `body_size`.
    pub(crate) fn header_names(
        &self,
        version: HttpVersion,
        body_size: Option<u64>,
    ) -> impl Iterator<Item = &str> + use<'_> {
        let shared = &self.shared;
        let read = move || shared.reading.names(version, body_size);
        let kept = shared.keeps_heads.then(|| shared.kept_fields.names());
        // Each once: a field that is read twice would count as one that came twice.
        let besides = move |name: &&str| !read().any(|known| known == *name);
        let kept = kept.into_iter().flatten().filter(besides);
        kept.chain(read().map(|name| -> &str { name }))
    }

    /// Whether this observer observes the current request already.
    #[must_use]
    pub fn observes_current(&self) -> bool {
        current::with(|state| state.is_request_of(&self.shared)).unwrap_or(false)
    }

    /// Begins to observe a job: `kind` says what sort it is (`job`, `queue`, `cron`), `name` which of its sort.
    pub fn observe(&self, kind: &'static str, name: &'static str) -> Job {
        let mut state = observation::acquire(&self.shared);
        state.fields.read(&(), &self.shared.reading);
        state.beginning = Beginning {
            subject: Subject::Job { kind, name },
            started: Moment::now(),
            ..Beginning::default()
        };
        if let Some(traces) = &self.shared.traces {
            state.trace_job(traces);
        }
        if let Some(isolation) = &self.shared.isolation {
            state.own_scope = isolation.scope();
        }
        Job::new(Observation::new(state))
    }

    /// Makes this observer the one that panics and [errors](crate::log_error) are reported to which happen outside of any request
    /// or job: one in a process, the last that was made it.
    pub fn serve_process(&self) {
        errors::serve_process(Arc::clone(&self.shared));
    }

    /// Whether a request went through the layer of this observer twice.
    #[must_use]
    pub fn is_applied_twice(&self) -> bool {
        self.shared.warned_of_twice.load(Ordering::Relaxed)
    }

    /// Whether traces are to be recorded, and no sampler ever records one.
    #[must_use]
    pub fn is_sampling_off(&self) -> bool {
        self.shared.traces.as_ref().is_some_and(Traces::is_off)
    }

    /// Begins a trace outside of any request or job, and decides whether it is recorded: for spans that have nothing above
    /// them.
    #[must_use]
    pub fn begin_trace(&self) -> TraceContext {
        let unrecorded = || Lineage::root().context();
        let traces = self.shared.traces.as_ref();
        traces.map_or_else(unrecorded, Traces::begin)
    }

    /// Begins to observe a request that goes out, as part of what is current. For clients.
    pub fn call(&self, head: &OutgoingHead<'_>) -> OutgoingCall {
        OutgoingCall::begin(&self.shared, head)
    }

    /// Begins to observe a connection, for servers that see them begin and end.
    pub fn connection(&self) -> Connection {
        Connection::new(Lifetime::begin(&self.shared, RequestMetrics::connections))
    }

    /// Whether the current observation is of a request of ours; if so it takes over the better known route.
    #[inline]
    fn refine_current(&self, head: &RequestHead<'_>) -> bool {
        let found = current::with(|state| {
            state
                .is_request_of(&self.shared)
                .then(|| state.refine_route(head))
        });
        match found.flatten() {
            None => false,
            Some(Refined::Repeated) => {
                self.shared.applied_twice();
                true
            }
            Some(Refined::Better) => {
                current::release();
                true
            }
            Some(Refined::Other) => true,
        }
    }
}

impl Shared {
    /// Counts a request as active.
    #[inline(always)]
    fn started(&self, method: Method, scheme: Scheme, route: Route) {
        for metrics in &self.metrics {
            self.deliver(|| metrics.started(self, method, scheme, route));
        }
    }

    /// Hands a record to the metrics and to each sink; what panics there loses its own record alone.
    #[inline]
    pub(crate) fn request(&self, record: &RequestRecord<'_>) {
        for metrics in &self.metrics {
            self.deliver(|| {
                if record.keys.active {
                    metrics.ended(record);
                }
                if !record.keys.ignored {
                    metrics.record(record);
                }
            });
        }
        if !record.keys.ignored {
            for sink in &self.sinks {
                self.deliver(|| sink.request(record));
            }
        }
    }

    pub(crate) fn call(&self, record: &CallRecord<'_>) {
        for metrics in &self.metrics {
            self.deliver(|| metrics.record_outgoing(record));
        }
        for sink in &self.sinks {
            self.deliver(|| sink.call(record));
        }
    }

    pub(crate) fn job(&self, record: &JobRecord<'_>) {
        for metrics in &self.metrics {
            self.deliver(|| metrics.record_job(record));
        }
        for sink in &self.sinks {
            self.deliver(|| sink.job(record));
        }
    }

    /// Reports how the current request or job failed, if anybody wants to know.
    #[cold]
    pub(crate) fn failed(
        &self,
        outcome: Outcome,
        error_type: ErrorType,
        status: Option<u16>,
        trouble: Option<&Trouble>,
        head: Option<&KeptHead>,
    ) {
        if !self.errors.is_on() {
            return;
        }
        let panic = trouble.and_then(|trouble| trouble.panic.as_ref());
        let error = trouble.and_then(|trouble| trouble.error.as_ref());
        let failure = Failure::of_end(outcome, error_type, status, panic, error);
        if let Some(facts) = current::with(|state| Facts::of(state, self, Some(outcome), head)) {
            let report = ErrorReport::new(failure, facts, &self.errors);
            self.report(&Arc::new(report));
        }
    }

    /// Hands a report to each sink.
    pub(crate) fn report(&self, report: &Arc<ErrorReport>) {
        for sink in &self.errors.sinks {
            self.deliver(|| sink.error(report));
        }
    }

    /// Counts the reports that never came to a sink.
    pub(crate) fn tell_of_lost_reports(&self) {
        let lost = self.errors.lost.swap(0, Ordering::Relaxed);
        if lost > 0 {
            for metrics in &self.metrics {
                self.deliver(|| metrics.count_lost_reports(lost));
            }
            panic::quietly(|| tracing::warn!(lost, "there was no room for reports of panics"));
        }
    }

    /// Waits until what the sinks were given has left a process that is dying.
    #[cold]
    pub(crate) fn rescue(&self) {
        for sink in &self.errors.sinks {
            self.deliver(|| sink.rescue(self.errors.rescue_deadline));
        }
    }

    /// Tells the sinks of one that is recorded.
    pub(crate) fn recorded(&self, trace: &TraceContext) {
        for sink in &self.sinks {
            self.deliver(|| sink.recorded(trace));
        }
    }

    /// Tells the sinks of one that is not recorded any more.
    pub(crate) fn refused(&self, recording: &Recording) {
        for sink in &self.sinks {
            self.deliver(|| sink.refused(recording));
        }
    }

    /// Runs foreign code and keeps the request safe from its panics.
    #[inline(always)]
    pub(crate) fn deliver(&self, f: impl FnOnce()) {
        if let Err(payload) = panic::catch(|| Isolation::run(self.isolation.as_deref(), f)) {
            self.lost(&PanicReport::of(&*payload));
            panic::discard(payload);
        }
    }

    #[cold]
    fn lost(&self, report: &PanicReport) {
        for metrics in &self.metrics {
            panic::quietly(|| metrics.count_sink_panic());
        }
        if !self.warned_of_sink.swap(true, Ordering::Relaxed) {
            panic::quietly(|| {
                tracing::warn!(
                    panic = report.message,
                    "a sink or recorder panicked; its record is lost"
                )
            });
        }
    }

    /// Whether the host of this address may know of traces.
    pub(crate) fn propagates_to(&self, address: &str) -> bool {
        let traces = self.traces.as_ref();
        traces.is_none_or(|traces| traces.tell(address))
    }

    #[cold]
    pub(crate) fn told_by_redirect(&self, host: &str) {
        if !self.warned_of_redirect.swap(true, Ordering::Relaxed) {
            panic::quietly(|| {
                tracing::warn!(
                    host,
                    "a client followed a redirect to a host that is not to be told of traces, and told it: give it a policy for \
                     redirects that does not"
                );
            });
        }
    }

    #[cold]
    fn applied_twice(&self) {
        for metrics in &self.metrics {
            panic::quietly(|| metrics.count_applied_twice());
        }
        if !self.warned_of_twice.swap(true, Ordering::Relaxed) {
            panic::quietly(|| {
                tracing::warn!(
                    "the steeple layer is applied twice to the same request; it counts once: remove one of the two"
                );
            });
        }
    }
}

impl fmt::Debug for Observer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Observer").finish_non_exhaustive()
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").finish_non_exhaustive()
    }
}
