//! The configuration of an observer.

use std::{
    sync::{Arc, atomic::AtomicBool},
    thread,
    time::Duration,
};

use metrics::Recorder;
use tracing::Dispatch;

use crate::{
    clock,
    errors::{self, ErrorSink, FingerprintRule, Reporting},
    head::Scheme,
    kept_head::KeptFields,
    label::{Label, Labels, MOST_LABELS, MOST_VALUES},
    method::{MOST_METHODS, Methods},
    observer::{Handle, Isolation, Observer, ObserverError, Shared},
    outgoing::Servers,
    panic,
    reading::Reading,
    request_metrics::{BUCKETS, MetricNames, Preset, RESERVED_LABELS, RequestMetrics},
    route::{MOST_ROUTES, RoutePolicy, Routes},
    scope::{MakeScope, Nested, Scope},
    sink::Sink,
    traces::{TraceConfig, Traces},
};

/// Configures an [`Observer`].
#[derive(Default)]
#[must_use = "an observer is made by `build`"]
pub struct ObserverBuilder {
    methods: Option<Vec<String>>,
    routes: Vec<(String, RoutePolicy)>,
    labels: Vec<Label>,
    scheme: Scheme,
    recorders: Vec<Arc<dyn Recorder + Send + Sync>>,
    local_recorder: Option<Arc<dyn Recorder + Send + Sync>>,
    dispatch: Option<Dispatch>,
    scopes: Option<Box<MakeScope>>,
    sinks: Vec<Box<dyn Sink>>,
    errors: Reporting,
    kept_headers: Vec<String>,
    names: Option<Vec<MetricNames>>,
    traces: Option<TraceConfig>,
    on_worker: Vec<Box<dyn Fn() + Send + Sync>>,
}

/// By which names the request metrics go if nothing else is said.
const DEFAULT_NAMES: &[MetricNames] = &[MetricNames::SemanticConventions];

impl ObserverBuilder {
    /// Records the request metrics into `recorder`, besides those it was given before. Default: none.
    pub fn recorder(mut self, recorder: Arc<dyn Recorder + Send + Sync>) -> Self {
        self.recorders.push(recorder);
        self
    }

    /// Makes `recorder` that of the observed code, instead of the global one. Default: the global one.
    pub fn local_recorder(mut self, recorder: Arc<dyn Recorder + Send + Sync>) -> Self {
        self.local_recorder = Some(recorder);
        self
    }

    /// Makes `dispatch` the tracing subscriber of the observed code, instead of the global one. Default: the global one.
    pub fn local_subscriber(mut self, dispatch: Dispatch) -> Self {
        self.dispatch = Some(dispatch);
        self
    }

    /// Makes something current while a request or job is polled, and while its sinks are told of it: what `make` makes of each when
    /// it begins, within what is made current besides. Default: nothing.
    pub fn scopes(mut self, make: impl Fn() -> Arc<dyn Scope> + Send + Sync + 'static) -> Self {
        self.scopes = Some(match self.scopes {
            None => Box::new(make),
            Some(outer) => Box::new(move || {
                let (outer, inner) = (outer(), make());
                Arc::new(Nested { outer, inner })
            }),
        });
        self
    }

    /// Adds a sink.
    pub fn sink(mut self, sink: impl Sink) -> Self {
        self.sinks.push(Box::new(sink));
        self
    }

    /// Adds a sink for the reports of errors: of what requests and jobs fail by, and of what is [logged](crate::log_error).
    /// Default: there is none, and nothing is collected for it.
    pub fn error_sink(mut self, sink: impl ErrorSink) -> Self {
        self.errors.sinks.push(Box::new(sink));
        self
    }

    /// Adds a rule by what reports of errors are the same, behind those that were added before: at most 100, which are asked once
    /// something fails. Default: none.
    pub fn fingerprint_rule(mut self, rule: FingerprintRule) -> Self {
        Arc::make_mut(&mut self.errors.rules).push(rule);
        self
    }

    /// Keeps these header fields of requests, by their names in lower case, for whoever reads [heads](crate::KeptHead): no credentials. Default:
    /// `host` and `user-agent` alone.
    pub fn kept_headers<N: Into<String>>(mut self, names: impl IntoIterator<Item = N>) -> Self {
        self.kept_headers.extend(names.into_iter().map(Into::into));
        self
    }

    /// Sets how long a process that a panic ends, as with `panic = "abort"`, waits for the report of that to leave it. Default: 500
    /// ms.
    pub fn rescue_deadline(mut self, deadline: Duration) -> Self {
        self.errors.rescue_deadline = deadline;
        self
    }

    /// Sets what is done for the route of `template`. Default: it is observed like any other.
    pub fn route(mut self, template: impl Into<String>, policy: RoutePolicy) -> Self {
        self.routes.push((template.into(), policy));
        self
    }

    /// Declares a label of the application's own on the request metrics, at most [`MOST_LABELS`].
    pub fn label(mut self, label: Label) -> Self {
        self.labels.push(label);
        self
    }

    /// Sets by which names the request metrics go; by several at once while dashboards move from one to the other. Default:
    /// [`MetricNames::SemanticConventions`] alone.
    ///
    /// A recorder needs to be told of the [`buckets`](Self::buckets), if it is not `steeple` that does.
    pub fn metric_names(mut self, names: impl IntoIterator<Item = MetricNames>) -> Self {
        self.names = Some(names.into_iter().collect());
        self
    }

    /// The buckets that the names of the metrics want: the name of each histogram, as recorded, and its bounds in seconds.
    pub fn buckets(&self) -> impl Iterator<Item = (String, &'static [f64])> {
        self.presets()
            .map(|preset| (preset.duration, BUCKETS.as_slice()))
    }

    /// Has traces recorded, for the sinks that read [recordings](crate::RequestRecord::recording). Default: none is.
    pub fn traces(mut self, config: TraceConfig) -> Self {
        self.traces = Some(config);
        self
    }

    /// Calls `call` on each thread of a server's workers, inside of its runtime, once or more, before the worker
    /// [serves](Observer::serve_worker), after those it was given before. Default: nothing is.
    pub fn on_worker(mut self, call: impl Fn() + Send + Sync + 'static) -> Self {
        self.on_worker.push(Box::new(call));
        self
    }

    fn names(&self) -> &[MetricNames] {
        self.names.as_deref().unwrap_or(DEFAULT_NAMES)
    }

    fn presets(&self) -> impl Iterator<Item = Preset> {
        self.names().iter().filter_map(Preset::of)
    }

    /// Sets the scheme of requests whose framework does not know it. Default: `http`.
    pub fn scheme(mut self, scheme: Scheme) -> Self {
        self.scheme = scheme;
        self
    }

    /// Takes `methods` (case-sensitive) for the known ones instead of those of RFC 9110, PATCH and QUERY; all others are
    /// `_OTHER`. This is what `OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS` sets.
    pub fn known_methods<M: Into<String>>(mut self, methods: impl IntoIterator<Item = M>) -> Self {
        self.methods = Some(methods.into_iter().map(Into::into).collect());
        self
    }

    /// Makes the observer, and sees to it that the process describes panics to it. The first one in a process also measures
    /// the processor's clock, which takes up to 0.2 s.
    ///
    /// # Errors
    ///
    /// [`ObserverError`] if something cannot be had as it is configured.
    pub fn build(self) -> Result<Observer, ObserverError> {
        self.check()?;
        Ok(self.assemble())
    }

    fn assemble(self) -> Observer {
        panic::install_hook();
        if self.errors.is_on() {
            errors::start();
        }
        clock::calibrate();
        let labels = Labels::new(self.labels);
        let methods = self.methods.map_or_else(Methods::default, |names| {
            Methods::new(names.iter().map(String::as_str))
        });
        let names = self.names.as_deref().unwrap_or(DEFAULT_NAMES);
        let own = self
            .routes
            .iter()
            .filter_map(|(_, policy)| policy.sampler.clone());
        let propagators = self.traces.as_ref();
        let shared = Shared {
            reading: Reading::new(propagators.map(|config| config.propagators.clone())),
            traces: self.traces.map(|config| Traces::new(config, own.collect())),
            routes: Routes::new(&self.routes, &labels),
            scheme: self.scheme,
            built_on: thread::current().id(),
            on_worker: self.on_worker,
            warned_of_twice: AtomicBool::new(false),
            warned_of_sink: AtomicBool::new(false),
            warned_of_redirect: AtomicBool::new(false),
            isolation: Isolation::new(self.local_recorder, self.dispatch, self.scopes)
                .map(Arc::new),
            metrics: self
                .recorders
                .into_iter()
                .map(|recorder| RequestMetrics::new(recorder, &methods, names))
                .collect(),
            keeps_heads: self.errors.is_on() || self.sinks.iter().any(|sink| sink.reads_heads()),
            sinks: self.sinks,
            errors: self.errors,
            kept_fields: KeptFields::new(self.kept_headers),
            methods,
            labels,
            servers: Servers::new(),
        };
        Observer {
            shared: Handle::new(shared),
        }
    }

    /// Checks the configuration without making anything of it.
    ///
    /// # Errors
    ///
    /// What [`build`](Self::build) would say.
    pub fn check(&self) -> Result<(), ObserverError> {
        if self.labels.len() > MOST_LABELS {
            return Err(ObserverError::TooManyLabels {
                count: self.labels.len(),
            });
        }
        for (place, Label { name, .. }) in self.labels.iter().enumerate() {
            if !is_label_name(name) {
                return Err(ObserverError::InvalidLabelName {
                    name: (*name).to_owned(),
                });
            }
            let earlier = self.labels[..place].iter().any(|label| label.name == *name);
            let reserved = RESERVED_LABELS.contains(name)
                || self.presets().any(|preset| preset.has_label(name));
            if earlier || reserved {
                return Err(ObserverError::DuplicateLabel {
                    name: (*name).to_owned(),
                });
            }
        }
        if let Some(label) = self
            .labels
            .iter()
            .find(|label| label.most_values() > MOST_VALUES)
        {
            let (name, count) = (label.name.to_owned(), label.most_values());
            return Err(ObserverError::TooManyValues { name, count });
        }
        if self.routes.len() > MOST_ROUTES {
            return Err(ObserverError::TooManyRoutes {
                count: self.routes.len(),
            });
        }
        for (place, (route, _)) in self.routes.iter().enumerate() {
            if self.routes[..place]
                .iter()
                .any(|(earlier, _)| earlier == route)
            {
                return Err(ObserverError::DuplicateRoute {
                    route: route.clone(),
                });
            }
        }
        if let Some(methods) = self
            .methods
            .as_ref()
            .filter(|methods| methods.len() > MOST_METHODS)
        {
            return Err(ObserverError::TooManyMethods {
                count: methods.len(),
            });
        }
        for (route, policy) in &self.routes {
            for (name, _) in &policy.labels {
                if !self.labels.iter().any(|label| label.name == *name) {
                    return Err(ObserverError::UndeclaredLabel {
                        route: route.clone(),
                        name: (*name).to_owned(),
                    });
                }
            }
        }
        self.errors.check()?;
        self.check_names()
    }

    fn check_names(&self) -> Result<(), ObserverError> {
        let names = self.names();
        if names.is_empty() {
            return Err(ObserverError::NoMetricNames);
        }
        if let Some(namespace) = names.iter().find_map(MetricNames::invalid_namespace) {
            let namespace = namespace.to_owned();
            return Err(ObserverError::InvalidNamespace { namespace });
        }
        let presets: Vec<_> = self.presets().collect();
        let mut metrics: Vec<_> = presets.iter().flat_map(Preset::metrics).collect();
        metrics.sort_unstable();
        match metrics.windows(2).find(|pair| pair[0] == pair[1]) {
            None => Ok(()),
            Some(pair) => Err(ObserverError::DuplicateMetric {
                name: pair[0].to_owned(),
            }),
        }
    }
}

/// An observer of panics alone: no metrics, no sinks.
impl Default for Observer {
    fn default() -> Self {
        ObserverBuilder::default().assemble()
    }
}

/// The names that [Prometheus](https://prometheus.io/docs/concepts/data_model/#metric-names-and-labels) allows.
fn is_label_name(name: &str) -> bool {
    let mut bytes = name.bytes();
    let first = bytes
        .next()
        .is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'_');
    first
        && !name.starts_with("__")
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}
