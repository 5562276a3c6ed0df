//! The configuration of an observer.

use std::sync::{Arc, atomic::AtomicBool};

use metrics::Recorder;
use tracing::Dispatch;

use crate::{
    clock,
    head::Scheme,
    label::{Label, Labels, MOST_LABELS, MOST_VALUES},
    method::{MOST_METHODS, Methods},
    observer::{Handle, Isolation, Observer, Shared},
    panic,
    request_metrics::{RESERVED_LABELS, RequestMetrics},
    route::{MOST_ROUTES, RoutePolicy, Routes},
    sink::Sink,
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
    sinks: Vec<Box<dyn Sink>>,
}

/// An observer cannot be made as it is configured.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ObserverError {
    /// There are more labels than [`MOST_LABELS`].
    #[error(
        "{count} labels are declared, but a metric bears {MOST_LABELS} of the application's own; declare fewer"
    )]
    TooManyLabels {
        /// How many are declared.
        count: usize,
    },
    /// A label's name is not one.
    #[error(
        "`{name}` cannot be the name of a label; use letters, digits and `_`, not a digit first, and not `__` first"
    )]
    InvalidLabelName {
        /// The name.
        name: String,
    },
    /// A label's name is taken.
    #[error("the label `{name}` exists already; choose another name")]
    DuplicateLabel {
        /// The name.
        name: String,
    },
    /// A label is to tell too many values apart.
    #[error(
        "the label `{name}` is to tell {count} values apart, but {MOST_VALUES} is the most; lower its limit"
    )]
    TooManyValues {
        /// The label.
        name: String,
        /// How many values it is to tell apart.
        count: usize,
    },
    /// A route has two policies.
    #[error("the route `{route}` has two policies; make one of them")]
    DuplicateRoute {
        /// The route.
        route: String,
    },
    /// Too many routes have a policy.
    #[error(
        "{count} routes have a policy, but {MOST_ROUTES} is the most; leave out those that need none"
    )]
    TooManyRoutes {
        /// How many have one.
        count: usize,
    },
    /// Too many methods are known.
    #[error(
        "{count} methods are to be known, but {MOST_METHODS} is the most; leave out the rare ones"
    )]
    TooManyMethods {
        /// How many are to be known.
        count: usize,
    },
    /// A route's policy names a label that was not declared.
    #[error(
        "the policy of route `{route}` sets the label `{name}`, which is not declared; declare it with `label`"
    )]
    UndeclaredLabel {
        /// The route.
        route: String,
        /// The label.
        name: String,
    },
}

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

    /// Adds a sink.
    pub fn sink(mut self, sink: impl Sink) -> Self {
        self.sinks.push(Box::new(sink));
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
    /// [`ObserverError`] if the labels cannot be had.
    pub fn build(self) -> Result<Observer, ObserverError> {
        self.check()?;
        Ok(self.assemble())
    }

    fn assemble(self) -> Observer {
        panic::install_hook();
        clock::calibrate();
        let labels = Labels::new(self.labels);
        let methods = self.methods.map_or_else(Methods::default, |names| {
            Methods::new(names.iter().map(String::as_str))
        });
        let shared = Shared {
            routes: Routes::new(&self.routes, &labels),
            scheme: self.scheme,
            warned_of_twice: AtomicBool::new(false),
            warned_of_sink: AtomicBool::new(false),
            isolation: Isolation::new(self.local_recorder, self.dispatch).map(Arc::new),
            metrics: self
                .recorders
                .into_iter()
                .map(|recorder| RequestMetrics::new(recorder, &methods))
                .collect(),
            sinks: self.sinks,
            methods,
            labels,
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
            if earlier || RESERVED_LABELS.contains(name) {
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
        Ok(())
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
