//! A running instance.

use std::{
    fmt,
    net::SocketAddr,
    sync::OnceLock,
    time::{Duration, Instant},
};

use steeple_core::{Job, Observer};
#[cfg(feature = "errors")]
use steeple_errors::ErrorTracker;
#[cfg(feature = "health")]
use steeple_health::{Health, Probes};
#[cfg(feature = "logs")]
use steeple_logs::{LevelsFilter, LogLayer, Logs};
use steeple_metrics::{Finding, Registry};
use steeple_ops::{BindError, Endpoints, Ops, OpsBuilder};
#[cfg(feature = "otlp")]
use steeple_otlp::{
    Otlp, RecordedTraces, TracingLayer, TracingSubscriber, opentelemetry::TracerProvider,
};
#[cfg(feature = "resources")]
use steeple_resources::Resources;
#[cfg(any(feature = "errors", feature = "logs", feature = "otlp"))]
use tracing::Subscriber;
#[cfg(any(feature = "errors", feature = "otlp"))]
use tracing::level_filters::LevelFilter;
#[cfg(any(feature = "errors", feature = "logs", feature = "otlp"))]
use tracing_subscriber::filter::Filtered;
#[cfg(feature = "logs")]
use tracing_subscriber::{
    layer::SubscriberExt,
    registry,
    registry::LookupSpan,
    util::{SubscriberInitExt, TryInitError},
};

#[cfg(feature = "errors")]
use crate::BreadcrumbLayer;
use crate::{
    answers::Answers,
    builder::SteepleBuilder,
    doctor::Diagnosis,
    lifecycle::Lifecycle,
    lint::OwnMetrics,
    outlets::Outlets,
    report::{self, FlushReport, ShutdownError},
};

/// How much of the time to end is kept for what ends last, at most.
const LONGEST_LAST: Duration = Duration::from_secs(1);

static GLOBAL: OnceLock<Observer> = OnceLock::new();

/// Observes a job with the process's instance: `kind` says what sort it is (`job`, `queue`, `cron`), `name` which of its
/// sort. Before there is an instance that is not private, nothing is observed.
///
/// ```
/// use steeple::current;
///
/// # async fn deliver() -> std::io::Result<()> { Ok(()) }
/// # async fn consume() {
/// let delivered = steeple::observe("queue", "emails")
///     .instrument(async { deliver().await.inspect_err(current::attach) }) // a job fails by what is attached
///     .await;
/// # let _ = delivered;
/// # }
/// ```
pub fn observe(kind: &'static str, name: &'static str) -> Job {
    GLOBAL
        .get()
        .map_or_else(Job::unobserved, |observer| observer.observe(kind, name))
}

/// The observability of one service. Keep it for as long as the service runs.
///
/// Dropping it stops the ops listener at once; [`shutdown`](Self::shutdown) lets it end what it is about. What is to be exported
/// or pushed at the end is so in both cases; dropping waits for a second for each.
#[must_use = "dropping it stops the ops listener"]
pub struct Steeple {
    outlets: Outlets,
    observer: Observer,
    registry: Registry,
    own_metrics: OwnMetrics,
    #[cfg(feature = "otlp")]
    span_level: LevelFilter,
    #[cfg(feature = "resources")]
    _resources: Option<Resources>,
    answers: Answers,
    ops: Option<Ops>,
    /// What the operator asks for.
    ops_token: Option<String>,
}

impl Steeple {
    /// Begins to configure the observability of `service_name`.
    pub fn builder(service_name: impl Into<String>) -> SteepleBuilder {
        SteepleBuilder::new(service_name.into())
    }

    pub(crate) fn new(
        observer: Observer,
        registry: Registry,
        own_metrics: OwnMetrics,
        answers: Answers,
        ops: Option<Ops>,
        ops_token: Option<String>,
        global: bool,
    ) -> Self {
        if global {
            // The first instance that is not private serves `observe`; a second one is for its own handles only.
            if GLOBAL.set(observer.clone()).is_ok() {
                observer.serve_process();
            }
        }
        Self {
            outlets: Outlets::default(),
            #[cfg(feature = "otlp")]
            span_level: LevelFilter::OFF,
            #[cfg(feature = "resources")]
            _resources: None,
            observer,
            registry,
            own_metrics,
            answers,
            ops,
            ops_token,
        }
    }

    pub(crate) fn sending(mut self, outlets: Outlets) -> Self {
        self.outlets = outlets;
        self
    }

    #[cfg(feature = "resources")]
    pub(crate) fn telling_of(mut self, resources: Option<Resources>) -> Self {
        self._resources = resources;
        self
    }

    #[cfg(feature = "otlp")]
    pub(crate) fn with_spans_up_to(mut self, level: LevelFilter) -> Self {
        self.span_level = level;
        self
    }

    /// An instance of an `observer` without metrics and sinks, that listens nowhere. Panics are caught all the same, and what the application mounts
    /// is guarded all the same, and answers all the same how the service is.
    pub(crate) fn disabled(
        observer: Observer,
        answers: Answers,
        ops_token: Option<String>,
    ) -> Self {
        Self {
            outlets: Outlets::default(),
            #[cfg(feature = "otlp")]
            span_level: LevelFilter::OFF,
            #[cfg(feature = "resources")]
            _resources: None,
            observer,
            registry: Registry::new(),
            own_metrics: OwnMetrics::default(),
            answers,
            ops: None,
            ops_token,
        }
    }

    /// The middleware to `wrap` an actix-web application with. Make it once, outside of the closure that makes the
    /// application for each worker, and clone it there.
    #[cfg(feature = "actix")]
    #[must_use]
    pub fn actix(&self) -> steeple_actix::Observe {
        steeple_actix::Observe::new(&self.observer)
    }

    /// The layer to add to an axum router, with `Router::layer`.
    #[cfg(feature = "axum")]
    #[must_use]
    pub fn axum(&self) -> steeple_axum::ObserveLayer<steeple_axum::Axum> {
        steeple_axum::layer(&self.observer)
    }

    /// The layer to put around a tower HTTP service.
    #[cfg(feature = "tower")]
    #[must_use]
    pub fn tower(&self) -> steeple_tower::ObserveLayer {
        steeple_tower::ObserveLayer::new(&self.observer)
    }

    /// The layer to put around a tower HTTP client, whose requests are observed then.
    #[cfg(feature = "tower")]
    #[must_use]
    pub fn tower_client(&self) -> steeple_tower::ClientLayer {
        steeple_tower::ClientLayer::new(&self.observer)
    }

    /// The middleware for a client of reqwest, whose requests are observed then.
    #[cfg(feature = "reqwest")]
    #[must_use]
    pub fn reqwest(&self) -> steeple_reqwest::ObserveRequests {
        steeple_reqwest::ObserveRequests::new(&self.observer)
    }

    /// Observes a job: `kind` says what sort it is (`job`, `queue`, `cron`), `name` which of its sort.
    pub fn observe(&self, kind: &'static str, name: &'static str) -> Job {
        self.observer.observe(kind, name)
    }

    /// What adapters observe with.
    #[must_use]
    pub fn observer(&self) -> &Observer {
        &self.observer
    }

    /// Where the metrics are.
    #[must_use]
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// What the [rules](steeple_metrics::Rule) say against the application's own metrics; see [`Registry::lint`]. Those that
    /// steeple records are left out.
    #[must_use]
    pub fn lint(&self) -> Vec<Finding> {
        let mut findings = self.registry.lint();
        findings.retain(|finding| !self.own_metrics.have(finding));
        findings
    }

    /// Looks for what is wrong with the instance and what it is built into: a backend that does not take what is exported, which it
    /// sends an empty request to, for at most 2 s and every 10 s at most; traces that nobody records; a subscriber without the
    /// [layer](Self::tracing_layer); a layer that is applied twice; another recorder; `panic = "abort"`; two versions of
    /// `opentelemetry`, which the executable is read for once, on a thread of its own; and what [`lint`](Self::lint) finds.
    /// `GET /api/doctor` at the ops listener tells the same. Works on every runtime.
    ///
    /// ```
    /// use steeple::{Steeple, doctor::Severity};
    ///
    /// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
    /// let steeple = Steeple::builder("shop").without_ops().build()?;
    /// for diagnosis in steeple.doctor().await {
    ///     if diagnosis.severity >= Severity::Warning {
    ///         eprintln!("{diagnosis}");
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn doctor(&self) -> Vec<Diagnosis> {
        self.answers.doctor.examine().await
    }

    /// What groups the errors, if they are [tracked](SteepleBuilder::errors).
    ///
    /// ```
    /// use steeple::Steeple;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let steeple = Steeple::builder("shop").without_ops().errors(|errors| errors).build()?;
    /// for group in steeple.errors().iter().flat_map(|errors| errors.groups()) {
    ///     println!("{} x {} in {:?}", group.count, group.message, group.place);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[cfg(feature = "errors")]
    #[must_use]
    pub fn errors(&self) -> Option<&ErrorTracker> {
        self.outlets.errors.as_ref()
    }

    /// How the service is, if that is [configured](SteepleBuilder::health): to ask, and to [drain](Health::begin_drain).
    #[cfg(feature = "health")]
    #[must_use]
    pub fn health(&self) -> Option<&Health> {
        self.answers.health.as_ref()
    }

    /// What answers `/livez`, `/readyz` and `/startupz`, to be mounted in the application's own router: with `steeple_axum::probes`,
    /// `steeple_actix::probes` or `steeple_tower::MountedOps`. It tells nobody more than `ok` or `unavailable`, so it needs no token.
    /// Where no [health](SteepleBuilder::health) is configured, all is `ok`.
    #[cfg(feature = "health")]
    #[must_use]
    pub fn probes(&self) -> Probes {
        self.health().map(Health::probes).unwrap_or_default()
    }

    /// Where the ops listener listens, if there is one.
    #[must_use]
    pub fn ops_addr(&self) -> Option<SocketAddr> {
        self.ops.as_ref().map(Ops::local_addr)
    }

    /// Makes what the ops listener serves, to be mounted in the application's own router: with `steeple_axum::ops`,
    /// `steeple_actix::ops` or `steeple_tower::MountedOps`. It is for the networks that the application is for, so it needs
    /// a [token](OpsBuilder::token), and the application's name as a [host](OpsBuilder::allow_host). `STEEPLE_OPS_TOKEN`
    /// wins over what is set here.
    ///
    /// # Errors
    ///
    /// [`BindError`] if there is no token, or if something is configured wrongly.
    pub fn ops_service(
        &self,
        configure: impl FnOnce(OpsBuilder) -> OpsBuilder,
    ) -> Result<Endpoints, BindError> {
        let ops = configure(self.answers.builder(&self.registry));
        let ops = match &self.ops_token {
            Some(token) => ops.token(token),
            None => ops,
        };
        ops.service()
    }

    /// Leaves a breadcrumb for each event of `tracing`, for the reports of errors of the request or job that it happens in: a layer to
    /// add to the application's subscriber. It takes in events up to `INFO`, whatever is logged.
    ///
    /// ```
    /// use steeple::Steeple;
    /// use tracing_subscriber::{layer::SubscriberExt, registry, util::SubscriberInitExt};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let steeple = Steeple::builder("shop").without_ops().errors(|errors| errors).build()?;
    /// registry().with(steeple.breadcrumb_layer()).init();
    /// # Ok(())
    /// # }
    /// ```
    #[cfg(feature = "errors")]
    #[must_use]
    pub fn breadcrumb_layer<S>(&self) -> Filtered<BreadcrumbLayer, LevelFilter, S>
    where
        S: Subscriber,
    {
        BreadcrumbLayer::up_to(LevelFilter::INFO)
    }

    /// Makes lines of the events of `tracing`: a layer to add to the application's subscriber. It is `None`, which is a layer as well,
    /// where nothing is [logged](SteepleBuilder::logs).
    ///
    /// It has [levels](Logs::levels) of its own, whatever others filter.
    ///
    /// ```
    /// use steeple::Steeple;
    /// use tracing_subscriber::{layer::SubscriberExt, registry, util::SubscriberInitExt};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let steeple = Steeple::builder("shop").without_ops().logs(|logs| logs).build()?;
    /// registry().with(steeple.log_layer()).init();
    /// # Ok(())
    /// # }
    /// ```
    #[cfg(feature = "logs")]
    #[must_use]
    pub fn log_layer<S>(&self) -> Option<Filtered<LogLayer, LevelsFilter, S>>
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        Some(self.outlets.logs.as_ref()?.layer())
    }

    /// What logs, if anything is [logged](SteepleBuilder::logs): for levels at run time.
    #[cfg(feature = "logs")]
    #[must_use]
    pub fn logs(&self) -> Option<&Logs> {
        self.outlets.logs.as_ref()
    }

    /// Makes one subscriber of all layers there are, [logs](Self::log_layer), [spans](Self::tracing_layer) and
    /// [breadcrumbs](Self::breadcrumb_layer), that of the process, and takes in what is logged by the crate `log`: for applications
    /// that have no subscriber of their own.
    ///
    /// # Errors
    ///
    /// If there is a subscriber or a logger already. Add the layers to that.
    #[cfg(feature = "logs")]
    pub fn install_subscriber(&self) -> Result<(), TryInitError> {
        let subscriber = registry().with(self.log_layer());
        #[cfg(feature = "otlp")]
        let subscriber = subscriber.with(self.tracing_layer());
        #[cfg(feature = "errors")]
        let subscriber = subscriber.with(self.errors().map(|_| self.breadcrumb_layer()));
        subscriber.try_init()
    }

    /// Makes spans of those of `tracing`, below the requests and jobs that they are opened in: a layer to add to the application's
    /// subscriber. It is `None`, which is a layer as well, where no traces are exported.
    ///
    /// It has a [level](SteepleBuilder::span_level) of its own, whatever is logged.
    ///
    /// ```
    /// use steeple::Steeple;
    /// use tracing_subscriber::{EnvFilter, Layer, fmt, layer::SubscriberExt, registry, util::SubscriberInitExt};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let steeple = Steeple::builder("shop").without_ops().build()?;
    /// registry()
    ///     .with(fmt::layer().with_filter(EnvFilter::from_default_env()))
    ///     .with(steeple.tracing_layer())
    ///     .init();
    /// # Ok(())
    /// # }
    /// ```
    #[cfg(feature = "otlp")]
    #[must_use]
    pub fn tracing_layer<S>(&self) -> Option<Filtered<TracingLayer, RecordedTraces, S>>
    where
        S: Subscriber,
    {
        let otlp = self.outlets.otlp.as_ref()?;
        otlp.tracing_layer(&self.observer, self.span_level)
    }

    /// The same as a subscriber without other layers, for services that log by other means: it costs less, and least where traces
    /// are not recorded.
    #[cfg(feature = "otlp")]
    #[must_use]
    pub fn tracing_subscriber(&self) -> Option<TracingSubscriber> {
        let otlp = self.outlets.otlp.as_ref()?;
        otlp.tracing_subscriber(&self.observer, self.span_level)
    }

    /// Makes spans for users of the [API of OpenTelemetry](steeple_otlp::opentelemetry), below the requests and jobs that they are
    /// made in, if traces are exported; `set_global` makes it what `global::tracer` asks.
    #[cfg(feature = "otlp")]
    #[must_use]
    pub fn tracer_provider(&self) -> Option<TracerProvider> {
        let otlp = self.outlets.otlp.as_ref()?;
        otlp.tracer_provider(&self.observer)
    }

    /// What exports over OTLP, if anything is exported: for log records, and for what is known of each signal.
    #[cfg(feature = "otlp")]
    #[must_use]
    pub fn otlp(&self) -> Option<&Otlp> {
        self.outlets.otlp.as_ref()
    }

    /// Ends the service in order once it is to end: with `SIGTERM`, and as the [`Lifecycle`] is configured.
    pub fn lifecycle(self) -> Lifecycle {
        Lifecycle::of(self)
    }

    /// Sends what is to be exported and pushed now, within `deadline`, for instance where the process may be frozen next. Works
    /// on every runtime.
    pub async fn flush(&self, deadline: Duration) -> FlushReport {
        self.outlets.flush(deadline).await
    }

    /// Ends everything in order, within `deadline`: the service is not ready any more, if its health is told; what is exported and
    /// pushed is sent a last time, then the ops listener ends, and then what is logged, with how all of that went. A fifth of the time, at
    /// most a second, is kept for the last two. Works on every runtime. What is observed later is counted as lost.
    ///
    /// # Errors
    ///
    /// [`ShutdownError`] if something that was to be sent was lost, or if scrapes had to be cut off.
    #[cfg_attr(
        not(feature = "logs"),
        expect(unused_mut, reason = "there is nothing to take out")
    )]
    pub async fn shutdown(mut self, deadline: Duration) -> Result<FlushReport, ShutdownError> {
        let started = Instant::now();
        #[cfg(feature = "health")]
        if let Some(health) = self.health() {
            health.begin_drain();
        }
        // Nobody may have looked yet.
        self.registry.tell_findings();
        // They tell of the end.
        #[cfg(feature = "logs")]
        let logs = self.outlets.logs.take();
        #[cfg(all(feature = "logs", feature = "otlp"))]
        if let (Some(logs), Some(_)) = (&logs, &self.outlets.otlp) {
            // As records of OTLP they are to leave before that ends.
            let _ = logs.flush(deadline / 4).await;
        }
        // A backend that hangs leaves the listener and the log the time to end.
        let kept = (deadline / 5).min(LONGEST_LAST);
        let rest = deadline.saturating_sub(started.elapsed() + kept);
        let report = self.outlets.shutdown(rest).await;
        let ops = match self.ops {
            Some(ops) => {
                #[cfg(feature = "logs")]
                let deadline = match logs {
                    Some(_) => deadline.saturating_sub(kept / 2),
                    None => deadline,
                };
                let rest = deadline.saturating_sub(started.elapsed());
                ops.shutdown(rest).await.err()
            }
            None => None,
        };
        let ended = ShutdownError::unless_complete(report, ops);
        report::log(&ended);
        #[cfg(feature = "logs")]
        if let Some(logs) = logs {
            let rest = deadline.saturating_sub(started.elapsed());
            return ShutdownError::and_logs(ended, logs.shutdown(rest).await);
        }
        ended
    }
}

impl fmt::Debug for Steeple {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Steeple")
            .field("observer", &self.observer)
            .field("registry", &self.registry)
            .field("ops", &self.ops)
            .finish_non_exhaustive()
    }
}
