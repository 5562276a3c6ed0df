//! How traces begin, and how services are told of them.

use steeple_core::{Observer, ObserverBuilder, TraceConfig};

use crate::environment::Environment;

/// As code and the operator configure them.
pub(crate) struct Traces {
    config: TraceConfig,
    is_configured: bool,
}

impl Traces {
    pub(crate) fn resolve(config: Option<TraceConfig>, environment: &Environment) -> Self {
        let propagators = environment.propagators.clone();
        let is_configured = config.is_some() || propagators.is_some();
        let mut config = config.unwrap_or_default();
        if let Some(propagators) = propagators {
            config = config.propagators(propagators);
        }
        Self {
            config,
            is_configured,
        }
    }

    /// For an observer whose traces are sent.
    #[cfg(feature = "otlp")]
    pub(crate) fn recorded(self) -> TraceConfig {
        self.config
    }

    /// Has `observer`, whose traces nobody sends, pass on what it is told.
    pub(crate) fn pass_on(self, observer: ObserverBuilder) -> ObserverBuilder {
        if self.is_configured {
            observer.traces(self.config.without_recording())
        } else {
            observer
        }
    }

    /// An observer that does nothing else, but for catching panics.
    pub(crate) fn passing_on(self) -> Observer {
        let observer = Observer::builder().traces(self.config.without_recording());
        observer.build().unwrap_or_default()
    }
}
