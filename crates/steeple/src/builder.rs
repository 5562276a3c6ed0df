//! The configuration of an instance.

#[cfg(feature = "otlp")]
use std::borrow::Cow;

use steeple_core::{ObserverBuilder, TraceConfig};
#[cfg(feature = "errors")]
use steeple_errors::ErrorTrackerBuilder;
#[cfg(feature = "health")]
use steeple_health::HealthBuilder;
#[cfg(feature = "logs")]
use steeple_logs::LogsBuilder;
use steeple_metrics::Builder as RegistryBuilder;
use steeple_ops::OpsBuilder;
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
use crate::export::ExportSettings;
#[cfg(feature = "logs")]
use crate::logging::LogSettings;
#[cfg(feature = "push")]
use crate::pushes::PushSettings;
use crate::recorder::GlobalRecorder;
#[cfg(feature = "sentry")]
use crate::reporting::SentrySettings;

pub(crate) type Configure<B> = Box<dyn FnOnce(B) -> B>;

/// Configures a [`Steeple`](crate::Steeple). Environment variables win over what is set here: see the [crate](crate).
#[must_use = "nothing is observed before `build`"]
pub struct SteepleBuilder {
    pub(crate) service_name: String,
    pub(crate) global: GlobalRecorder,
    pub(crate) ops: bool,
    pub(crate) lint: bool,
    pub(crate) environment: bool,
    pub(crate) registry: Configure<RegistryBuilder>,
    pub(crate) observer: Configure<ObserverBuilder>,
    pub(crate) listener: Configure<OpsBuilder>,
    pub(crate) traces: Option<TraceConfig>,
    #[cfg(feature = "errors")]
    pub(crate) errors: Option<ErrorTrackerBuilder>,
    #[cfg(feature = "health")]
    pub(crate) health: Option<HealthBuilder>,
    #[cfg(feature = "logs")]
    pub(crate) logs: LogSettings,
    #[cfg(feature = "otlp")]
    pub(crate) export: ExportSettings,
    #[cfg(feature = "otlp")]
    pub(crate) span_level: LevelFilter,
    #[cfg(feature = "push")]
    pub(crate) pushes: PushSettings,
    #[cfg(feature = "resources")]
    pub(crate) resources: Option<ResourcesBuilder>,
    #[cfg(feature = "sentry")]
    pub(crate) sentry: SentrySettings,
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
    /// [rules](steeple_metrics::Rule), when metrics are scraped or exported, or the service is [shut down](crate::Steeple::shutdown): the
    /// first time, and again after a minute at the earliest. Each finding is told once. [`Steeple::lint`](crate::Steeple::lint) asks for
    /// them at any time. Default: on in builds with debug assertions, off otherwise.
    pub fn lint(mut self, lint: bool) -> Self {
        self.lint = lint;
        self
    }

    /// Groups errors in the service itself, configured by more settings: [`Steeple::errors`](crate::Steeple::errors) tells the groups, and so do
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
    /// [`Steeple::probes`](crate::Steeple::probes) for the application's own router. It does so where nothing is observed as well: whoever asks
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
    /// people if that is a terminal. Add [`Steeple::log_layer`](crate::Steeple::log_layer) to the application's subscriber, or
    /// [install](crate::Steeple::install_subscriber) one. `RUST_LOG` wins over the levels, and `OTEL_RESOURCE_ATTRIBUTES` over what is said of
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
}
