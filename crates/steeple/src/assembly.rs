//! From the configuration to a running instance.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
#[cfg(feature = "health")]
use std::sync::Arc;

use steeple_core::{Observer, ObserverBuilder, current};
#[cfg(feature = "errors")]
use steeple_errors::ErrorTracker;
#[cfg(feature = "health")]
use steeple_health::{Health, HealthBuilder, HealthError};
#[cfg(all(feature = "logs", feature = "otlp"))]
use steeple_logs::Format;
use steeple_metrics::{Builder as RegistryBuilder, Exemplar, Matcher, Registry};
use steeple_ops::{BindError, Ops, OpsBuilder};

#[cfg(feature = "otlp")]
use crate::export::Export;
#[cfg(all(feature = "logs", feature = "otlp"))]
use crate::log_records::LogRecords;
use crate::{
    answers::Answers,
    build_error::BuildError,
    builder::{Configure, SteepleBuilder},
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

impl SteepleBuilder {
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
        let observer = configured_observer(self.observer, &environment);
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
        let own = OwnMetrics::default();
        let lints = environment.lint.unwrap_or(self.lint);
        let registry = configured_registry(self.registry, lints.then_some(&own));
        #[cfg(feature = "otlp")]
        let registry = match &export {
            Some(export) => export.fit(registry),
            None => registry,
        };
        // Rules of the application's own come first, and the first that matches wins.
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
            .map(|health| health.default_recorder(Arc::new(registry.clone())))
            .map(HealthBuilder::start)
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
            Some(logs) => {
                let observer = observer.sink(logs.access_log());
                logs.error_log()
                    .into_iter()
                    .fold(observer, ObserverBuilder::error_sink)
            }
            None => observer,
        };
        #[cfg(feature = "resources")]
        let resources = self
            .resources
            .map(|resources| resources.start(&registry))
            .transpose()?;
        #[cfg(feature = "resources")]
        let observer = match &resources {
            Some(resources) => {
                let workers = resources.workers();
                observer.on_worker(move || workers.watch())
            }
            None => observer,
        };
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

fn configured_observer(
    configure: Configure<ObserverBuilder>,
    environment: &Environment,
) -> ObserverBuilder {
    let observer = configure(Observer::builder());
    let observer = match &environment.known_methods {
        Some(methods) => observer.known_methods(methods),
        None => observer,
    };
    match environment.metric_names.clone() {
        Some(names) => observer.metric_names(names),
        None => observer,
    }
}

/// A registry that warns of metrics other than `own`, where these are given.
fn configured_registry(
    configure: Configure<RegistryBuilder>,
    own: Option<&OwnMetrics>,
) -> RegistryBuilder {
    let registry = Registry::builder()
        .on_overflow(warn_of_overflow)
        .exemplar_source(current_exemplar);
    let registry = match own {
        Some(own) => registry.on_finding(lint::warn_of_all_but(own)),
        None => registry,
    };
    configure(registry)
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
