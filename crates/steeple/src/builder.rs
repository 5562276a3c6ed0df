//! The configuration of an instance.

#[cfg(feature = "otlp")]
use std::borrow::Cow;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
#[cfg(feature = "health")]
use std::sync::Arc;

use steeple_core::{Observer, ObserverBuilder, TraceConfig, current};
#[cfg(feature = "errors")]
use steeple_errors::{ErrorTracker, ErrorTrackerBuilder};
#[cfg(feature = "health")]
use steeple_health::{Health, HealthBuilder, HealthError};
#[cfg(all(feature = "logs", feature = "otlp"))]
use steeple_logs::Format;
#[cfg(feature = "logs")]
use steeple_logs::LogsBuilder;
use steeple_metrics::{Builder as RegistryBuilder, Exemplar, Matcher, Registry};
use steeple_ops::{BindError, Ops, OpsBuilder};
#[cfg(feature = "otlp")]
use steeple_otlp::{OtlpBuilder, Value};
#[cfg(feature = "push")]
use steeple_push::{PushGatewayBuilder, RemoteWriteBuilder};
#[cfg(feature = "resources")]
use steeple_resources::ResourcesBuilder;
#[cfg(feature = "sentry")]
use steeple_sentry::SentryBuilder;
#[cfg(feature = "otlp")]
use tracing::level_filters::LevelFilter;

#[cfg(feature = "otlp")]
use crate::export::{Export, ExportSettings};
#[cfg(all(feature = "logs", feature = "otlp"))]
use crate::log_records::LogRecords;
#[cfg(feature = "logs")]
use crate::logging::LogSettings;
#[cfg(feature = "push")]
use crate::pushes::PushSettings;
#[cfg(feature = "sentry")]
use crate::reporting::SentrySettings;
use crate::{
    answers::Answers,
    build_error::BuildError,
    doctor::{Doctor, Patient},
    environment::Environment,
    info,
    instance::Steeple,
    lint::{self, OwnMetrics},
    outlets::Outlets,
    recorder::{self, GlobalRecorder},
    service_name::ServiceName,
    traces::Traces,
};

/// The port of the [Prometheus exporter](https://opentelemetry.io/docs/specs/otel/metrics/sdk_exporters/prometheus/).
const OPS_PORT: u16 = 9464;

pub(crate) type Configure<B> = Box<dyn FnOnce(B) -> B>;

/// Configures a [`Steeple`]. Environment variables win over what is set here: see the [crate](crate).
#[must_use = "nothing is observed before `build`"]
pub struct SteepleBuilder {
    service_name: String,
    global: GlobalRecorder,
    ops: bool,
    lint: bool,
    environment: bool,
    registry: Configure<RegistryBuilder>,
    observer: Configure<ObserverBuilder>,
    listener: Configure<OpsBuilder>,
    traces: Option<TraceConfig>,
    #[cfg(feature = "errors")]
    errors: Option<ErrorTrackerBuilder>,
    #[cfg(feature = "health")]
    health: Option<HealthBuilder>,
    #[cfg(feature = "logs")]
    logs: LogSettings,
    #[cfg(feature = "otlp")]
    export: ExportSettings,
    #[cfg(feature = "otlp")]
    span_level: LevelFilter,
    #[cfg(feature = "push")]
    pushes: PushSettings,
    #[cfg(feature = "resources")]
    resources: Option<ResourcesBuilder>,
    #[cfg(feature = "sentry")]
    sentry: SentrySettings,
}

impl SteepleBuilder {
    pub(crate) fn new(service_name: String) -> Self {
        Self {
            service_name,
            global: GlobalRecorder::default(),
            ops: true,
            lint: cfg!(debug_assertions),
            environment: true,
            registry: Box::new(|registry| registry),
            observer: Box::new(|observer| observer),
            listener: Box::new(|listener| listener),
            traces: None,
            #[cfg(feature = "errors")]
            errors: None,
            #[cfg(feature = "health")]
            health: None,
            #[cfg(feature = "logs")]
            logs: LogSettings::default(),
            #[cfg(feature = "otlp")]
            export: ExportSettings::default(),
            #[cfg(feature = "otlp")]
            span_level: LevelFilter::INFO,
            #[cfg(feature = "push")]
            pushes: PushSettings::default(),
            #[cfg(feature = "resources")]
            resources: None,
            #[cfg(feature = "sentry")]
            sentry: SentrySettings::default(),
        }
    }

    /// Configures the registry: buckets, limits, expiry. Default: see [`steeple_metrics`]; exemplars lead to the traces of
    /// requests and jobs that are sampled.
    pub fn registry(
        mut self,
        configure: impl FnOnce(RegistryBuilder) -> RegistryBuilder + 'static,
    ) -> Self {
        let earlier = self.registry;
        self.registry = Box::new(|registry| configure(earlier(registry)));
        self
    }

    /// Configures what is observed: routes, labels, sinks, and by which names. Default: every request, by the semantic
    /// conventions.
    pub fn observer(
        mut self,
        configure: impl FnOnce(ObserverBuilder) -> ObserverBuilder + 'static,
    ) -> Self {
        let earlier = self.observer;
        self.observer = Box::new(|observer| configure(earlier(observer)));
        self
    }

    /// Configures the ops listener: address, token, hosts. Default: 127.0.0.1:9464, or any free port with a warning if
    /// that one is busy.
    pub fn ops(mut self, configure: impl FnOnce(OpsBuilder) -> OpsBuilder + 'static) -> Self {
        let earlier = self.listener;
        self.listener = Box::new(|listener| configure(earlier(listener)));
        self
    }

    /// Starts no ops listener. Default: one is started.
    pub fn without_ops(mut self) -> Self {
        self.ops = false;
        self
    }

    /// Warns through `tracing`, with the target `steeple::lint`, of metrics of the application's own that offend against the
    /// [rules](steeple_metrics::Rule), when metrics are scraped: the first time, and again after a minute at the earliest.
    /// Each finding is told once. [`Steeple::lint`] asks for them at any time. Default: on in builds with debug
    /// assertions, off otherwise.
    pub fn lint(mut self, lint: bool) -> Self {
        self.lint = lint;
        self
    }

    /// Groups errors in the service itself, configured by more settings: [`Steeple::errors`] tells the groups, and so do
    /// `GET /api/errors` and `GET /api/errors/{id}` at the ops listener. Default: errors are not reported to it.
    ///
    /// ```
    /// use steeple::Steeple;
    ///
    /// let builder = Steeple::builder("shop").errors(|errors| errors.file("/var/lib/shop/errors.jsonl"));
    /// # let _ = builder;
    /// ```
    #[cfg(feature = "errors")]
    pub fn errors(
        mut self,
        configure: impl FnOnce(ErrorTrackerBuilder) -> ErrorTrackerBuilder,
    ) -> Self {
        self.errors = Some(configure(self.errors.unwrap_or_default()));
        self
    }

    /// Tells how the service is, configured by more checks: `/livez`, `/readyz`, `/startupz` and `/health` at the ops listener, and
    /// [`Steeple::probes`] for the application's own router. It does so where nothing is observed as well: whoever asks
    /// decides by it whether the service gets requests. Default: nothing is checked.
    ///
    /// ```
    /// use steeple::Steeple;
    ///
    /// # async fn ask_database() -> std::io::Result<()> { Ok(()) }
    /// let builder = Steeple::builder("shop").health(|health| health.check("database", || ask_database()));
    /// # let _ = builder;
    /// ```
    #[cfg(feature = "health")]
    pub fn health(mut self, configure: impl FnOnce(HealthBuilder) -> HealthBuilder) -> Self {
        self.health = Some(configure(self.health.unwrap_or_default()));
        self
    }

    /// Logs what `tracing` tells, and each request and job, configured by more settings: to standard output if no other destination is given, as ECS, or for
    /// people if that is a terminal. Add [`Steeple::log_layer`] to the application's subscriber, or
    /// [install](Steeple::install_subscriber) one. `RUST_LOG` wins over the levels, and `OTEL_RESOURCE_ATTRIBUTES` over what is said of
    /// the service. Where logs are exported over OTLP, each line is a record there, too. Default: nothing is logged by it.
    ///
    /// ```
    /// use steeple::Steeple;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let levels = "info,shop::cart=debug".parse()?;
    /// let builder = Steeple::builder("shop").logs(|logs| logs.levels(levels));
    /// # let _ = builder;
    /// # Ok(())
    /// # }
    /// ```
    #[cfg(feature = "logs")]
    pub fn logs(mut self, configure: impl FnOnce(LogsBuilder) -> LogsBuilder + 'static) -> Self {
        self.logs.configure(Box::new(configure));
        self
    }

    /// Exports traces, metrics and logs over OTLP, configured by more settings. What the operator says by the
    /// [variables](steeple_otlp#environment) wins. Default: nothing is exported unless the operator wants it: one of
    /// `OTEL_EXPORTER_OTLP_ENDPOINT`, the same of a signal, and `otlp` in `OTEL_TRACES_EXPORTER`, `OTEL_METRICS_EXPORTER` or
    /// `OTEL_LOGS_EXPORTER` is enough.
    ///
    /// ```no_run
    /// use std::time::Duration;
    ///
    /// use steeple::Steeple;
    ///
    /// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
    /// let steeple = Steeple::builder("shop")
    ///     .otlp(|otlp| otlp.endpoint("http://collector:4318").header("api-key", "secret"))
    ///     .build()?;
    /// // ... the service ...
    /// steeple.shutdown(Duration::from_secs(5)).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[cfg(feature = "otlp")]
    pub fn otlp(mut self, configure: impl FnOnce(OtlpBuilder) -> OtlpBuilder + 'static) -> Self {
        self.export.otlp = Some(match self.export.otlp {
            Some(earlier) => Box::new(|otlp| configure(earlier(otlp))),
            None => Box::new(configure),
        });
        self
    }

    /// Configures how services tell each other of traces and, where traces are exported, which are recorded and whose word on that
    /// counts. `OTEL_PROPAGATORS` and `OTEL_TRACES_SAMPLER` win. Default: [`TraceConfig::new`] where traces are exported, and
    /// otherwise only `traceparent` is read and passed on.
    ///
    /// ```
    /// use steeple::{Steeple, core::Sampler};
    ///
    /// let builder = Steeple::builder("shop").traces(|traces| traces.sampler(Sampler::ratio(0.1)));
    /// # let _ = builder;
    /// ```
    pub fn traces(mut self, configure: impl FnOnce(TraceConfig) -> TraceConfig) -> Self {
        self.traces = Some(configure(self.traces.unwrap_or_default()));
        self
    }

    /// An attribute of what all that is exported is of, whether code or the operator turns the export on, such as
    /// `service.version`; see [`OtlpBuilder::resource_attribute`]. `OTEL_RESOURCE_ATTRIBUTES` wins. Default: the service's name,
    /// and what is known of every process.
    #[cfg(feature = "otlp")]
    pub fn resource_attribute(
        mut self,
        key: impl Into<Cow<'static, str>>,
        value: impl Into<Value>,
    ) -> Self {
        self.export.resource.push((key.into(), value.into()));
        self
    }

    /// Redacts the values of these keys in the queries that spans tell, in this case and however they are encoded. Default: those of
    /// [the conventions](https://github.com/open-telemetry/semantic-conventions/blob/v1.44.0/docs/registry/attributes/url.md)
    /// alone, which are redacted in any case.
    #[cfg(feature = "otlp")]
    pub fn redact_query<K: Into<String>>(mut self, keys: impl IntoIterator<Item = K>) -> Self {
        self.export
            .redacted
            .extend(keys.into_iter().map(Into::into));
        self
    }

    /// Up to which level spans and events of `tracing` are told by traces. Default: `INFO`.
    #[cfg(feature = "otlp")]
    pub fn span_level(mut self, level: impl Into<LevelFilter>) -> Self {
        self.span_level = level.into();
        self
    }

    /// Pushes to a Pushgateway, given by its URL or by more settings: at the end, and at an interval where one is set. The
    /// service's name is the job. `STEEPLE_PUSHGATEWAY_URL` wins over the URL. Default: none.
    ///
    /// ```no_run
    /// use std::time::Duration;
    ///
    /// use steeple::{Steeple, push::PushGateway};
    ///
    /// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
    /// let gateway = PushGateway::builder("http://127.0.0.1:9091").label("shard", "7");
    /// let steeple = Steeple::builder("mailer").push_gateway(gateway).build()?;
    /// // ... the job ...
    /// steeple.shutdown(Duration::from_secs(5)).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[cfg(feature = "push")]
    pub fn push_gateway(mut self, gateway: impl Into<PushGatewayBuilder>) -> Self {
        self.pushes.gateway = Some(gateway.into());
        self
    }

    /// Writes by remote write, to a URL or with more settings: every 15 s unless another interval is set, and at the end.
    /// The service's name is the job. `STEEPLE_REMOTE_WRITE_URL` wins over the URL. Default: none.
    #[cfg(feature = "push")]
    pub fn remote_write(mut self, remote_write: impl Into<RemoteWriteBuilder>) -> Self {
        self.pushes.remote_write = Some(remote_write.into());
        self
    }

    /// Tells of the process, its container, the machine and the async runtime, configured by more settings: see
    /// [`steeple_resources`]. Default: they are not told of.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use steeple::Steeple;
    ///
    /// let builder = Steeple::builder("shop").resources(|resources| resources.log_every(Duration::from_secs(60)));
    /// # let _ = builder;
    /// ```
    #[cfg(feature = "resources")]
    pub fn resources(
        mut self,
        configure: impl FnOnce(ResourcesBuilder) -> ResourcesBuilder,
    ) -> Self {
        self.resources = Some(configure(self.resources.unwrap_or_default()));
        self
    }

    /// Sends errors to Sentry, configured by more settings. `SENTRY_DSN`, `SENTRY_ENVIRONMENT` and `SENTRY_RELEASE` win. Default:
    /// nothing is sent unless there is a DSN, in code or in the environment.
    ///
    /// What the application captures by `sentry::capture_message` and others is sent, too, with the identity of its request; leave
    /// out `sentry::init`, and build this before threads use Sentry.
    ///
    /// ```
    /// use steeple::Steeple;
    ///
    /// let builder = Steeple::builder("shop").sentry(|sentry| sentry.release("shop@1.2.3"));
    /// # let _ = builder;
    /// ```
    #[cfg(feature = "sentry")]
    pub fn sentry(
        mut self,
        configure: impl FnOnce(SentryBuilder) -> SentryBuilder + 'static,
    ) -> Self {
        self.sentry.configure(Box::new(configure));
        self
    }

    /// Takes the process's one metrics recorder or fails. Default: a recorder that was installed before stays, and gets the
    /// request metrics too.
    pub fn require_recorder(mut self) -> Self {
        self.global = GlobalRecorder::Require;
        self
    }

    /// Makes an instance for itself, as tests and tenants need it: the global metrics recorder is left alone, the environment
    /// is not read, and what observed code records through the `metrics` facade lands in this instance. The process's panic
    /// hook is still chained, once for all instances: it tells panics to the observation they happen in and then calls the
    /// hook that was there. Default: off.
    pub fn private(mut self) -> Self {
        self.global = GlobalRecorder::Leave;
        self.environment = false;
        self
    }

    /// Makes the instance.
    ///
    /// # Errors
    ///
    /// [`BuildError`] if something is configured wrongly, or if the ops listener cannot listen.
    pub fn build(self) -> Result<Steeple, BuildError> {
        let environment = if self.environment {
            Environment::of_process()?
        } else {
            Environment::default()
        };
        let traces = Traces::resolve(self.traces, &environment);
        if environment.disabled {
            tracing::info!("OTEL_SDK_DISABLED is true: steeple observes nothing");
            return Ok(Steeple::disabled(
                traces.passing_on(),
                Answers {
                    #[cfg(feature = "health")]
                    health: self.health.map(start_unobserved).transpose()?,
                    ..Answers::of_disabled()
                },
                environment.ops_token,
            ));
        }
        // What can fail for what it says comes before what changes the process.
        let name = match &environment.service_name {
            Some(name) => name.clone(),
            None => ServiceName::parse(self.service_name)?,
        };
        let mut observer = (self.observer)(Observer::builder());
        if let Some(methods) = &environment.known_methods {
            observer = observer.known_methods(methods);
        }
        if let Some(names) = environment.metric_names.clone() {
            observer = observer.metric_names(names);
        }
        observer.check()?;
        #[cfg(feature = "otlp")]
        let export = self.export.resolve(&environment.export, &name)?;
        #[cfg(feature = "logs")]
        let logs = self.logs.resolve(&environment.logs, &name);
        #[cfg(feature = "push")]
        let pushes = self.pushes.resolve(&environment, &name)?;
        #[cfg(feature = "sentry")]
        let sentry = {
            let is_private = self.global == GlobalRecorder::Leave;
            self.sentry.resolve(&environment.sentry, is_private)?
        };
        // Rules of the application's own come first, and the first that matches wins.
        let registry = Registry::builder()
            .on_overflow(warn_of_overflow)
            .exemplar_source(current_exemplar);
        let own = OwnMetrics::default();
        let registry = if environment.lint.unwrap_or(self.lint) {
            registry.on_finding(lint::warn_of_all_but(&own))
        } else {
            registry
        };
        let registry = (self.registry)(registry);
        #[cfg(feature = "otlp")]
        let registry = match &export {
            Some(export) => export.fit(registry),
            None => registry,
        };
        let registry = observer
            .buckets()
            .fold(registry, |registry, (histogram, bounds)| {
                registry.buckets(Matcher::full(histogram), bounds)
            })
            .build()?;
        info::describe(&registry, &name)?;
        #[cfg(feature = "errors")]
        let errors = self
            .errors
            .map(|errors| ::metrics::with_local_recorder(&registry, || errors.start()))
            .transpose()?;
        #[cfg(feature = "health")]
        let health = self
            .health
            .map(|health| health.recorder(Arc::new(registry.clone())).start())
            .transpose()?;
        #[cfg(all(feature = "logs", feature = "otlp"))]
        let (log_records, logs) = {
            let records = LogRecords::default();
            let is_exported = export.as_ref().is_some_and(Export::has_logs);
            let logs = logs.map(|logs| match is_exported {
                true => logs.also_to(records.clone(), Format::Json),
                false => logs,
            });
            (records, logs)
        };
        #[cfg(feature = "logs")]
        let logs = logs
            .map(|logs| ::metrics::with_local_recorder(&registry, || logs.start()))
            .transpose()?;
        let answers = Answers {
            doctor: Doctor::default(),
            #[cfg(feature = "errors")]
            errors: errors.as_ref().map(ErrorTracker::reader),
            #[cfg(feature = "health")]
            health,
            #[cfg(feature = "logs")]
            levels: logs.as_ref().map(|logs| logs.levels().clone()),
        };
        let ops = self
            .ops
            .then(|| listen(self.listener, answers.builder(&registry), &environment))
            .transpose()?;
        let observer = recorder::connect(observer, &registry, self.global)?;
        #[cfg(feature = "otlp")]
        let exporter = export.as_ref().map(Export::for_doctor);
        #[cfg(feature = "otlp")]
        let (otlp, observer) = match export {
            Some(export) => export.start(observer, &registry, traces)?,
            None => (None, traces.pass_on(observer)),
        };
        #[cfg(not(feature = "otlp"))]
        let observer = traces.pass_on(observer);
        #[cfg(all(feature = "logs", feature = "otlp"))]
        if let Some(logs) = otlp.as_ref().and_then(|otlp| otlp.logs()) {
            log_records.go_to(logs);
        }
        #[cfg(feature = "errors")]
        let observer = match &errors {
            Some(errors) => observer.error_sink(errors.sink()),
            None => observer,
        };
        #[cfg(feature = "sentry")]
        let sentry = sentry
            .map(|sentry| ::metrics::with_local_recorder(&registry, || sentry.start()))
            .transpose()?;
        #[cfg(feature = "sentry")]
        let observer = match &sentry {
            Some(sentry) => sentry.connect(observer),
            None => observer,
        };
        #[cfg(feature = "logs")]
        let observer = match &logs {
            Some(logs) => observer.sink(logs.access_log()),
            None => observer,
        };
        #[cfg(feature = "resources")]
        let resources = self
            .resources
            .map(|resources| resources.start(&registry))
            .transpose()?;
        let outlets = Outlets {
            #[cfg(feature = "errors")]
            errors,
            #[cfg(feature = "logs")]
            logs,
            #[cfg(feature = "otlp")]
            otlp,
            #[cfg(feature = "push")]
            pushes: pushes.start(&registry)?,
            #[cfg(feature = "sentry")]
            sentry,
        };
        let observer = observer.build()?;
        own.are_those_of(&registry);
        answers.doctor.is_to_examine(Patient {
            observer: observer.clone(),
            registry: registry.clone(),
            own_metrics: own.clone(),
            has_foreign_recorder: recorder::is_foreign(self.global),
            #[cfg(feature = "otlp")]
            exporter,
        });
        let is_global = self.global != GlobalRecorder::Leave;
        let ops_token = environment.ops_token;
        let steeple = Steeple::new(observer, registry, own, answers, ops, ops_token, is_global);
        #[cfg(feature = "otlp")]
        let steeple = steeple.with_spans_up_to(self.span_level);
        #[cfg(feature = "resources")]
        let steeple = steeple.telling_of(resources);
        Ok(steeple.sending(outlets))
    }

    /// As [`build`](Self::build), but serves in any case: where the instance cannot be had, the error is logged and the one
    /// returned observes nothing. It passes on what callers tell of traces, in the [formats](Self::traces) that are configured, and
    /// tells how the service is, if that can be had.
    pub fn build_or_disabled(self) -> Steeple {
        let (reads, traces) = (self.environment, self.traces.clone());
        #[cfg(feature = "health")]
        let health = self.health.clone();
        self.build().unwrap_or_else(|error| {
            let error: &dyn std::error::Error = &error;
            tracing::error!(
                error,
                "steeple could not be started; the service goes on unobserved"
            );
            let environment = if reads {
                Environment::of_disabled()
            } else {
                Environment::default()
            };
            let traces = Traces::resolve(traces, &environment);
            let answers = Answers {
                // An error of its own is the one that was logged.
                #[cfg(feature = "health")]
                health: health.and_then(|health| start_unobserved(health).ok()),
                ..Answers::of_disabled()
            };
            Steeple::disabled(traces.passing_on(), answers, environment.ops_token)
        })
    }
}

fn listen(
    configure: Configure<OpsBuilder>,
    ops: OpsBuilder,
    environment: &Environment,
) -> Result<Ops, BindError> {
    let mut ops = configure(ops);
    if environment.ops_host.is_some() || environment.ops_port.is_some() {
        let host = environment
            .ops_host
            .unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST));
        ops = ops.address(SocketAddr::new(
            host,
            environment.ops_port.unwrap_or(OPS_PORT),
        ));
    }
    if let Some(token) = &environment.ops_token {
        ops = ops.token(token);
    }
    ops.bind()
}

#[cfg(feature = "health")]
fn start_unobserved(health: HealthBuilder) -> Result<Health, HealthError> {
    health.recorder(Arc::new(::metrics::NoopRecorder)).start()
}

fn warn_of_overflow(metric: &str) {
    tracing::warn!(
        metric,
        "the metric has reached its limit of series; what is new goes to its overflow series, its total stays exact"
    );
}

/// Where the current request or job is found again.
fn current_exemplar() -> Option<Exemplar> {
    let trace = current::sampled_trace()?;
    Some(Exemplar::new(
        trace.trace_id().to_bytes(),
        trace.span_id().to_bytes(),
    ))
}
