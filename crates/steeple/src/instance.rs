//! A running instance.

use std::{net::SocketAddr, sync::OnceLock, time::Duration};

use steeple_core::{Job, Observer};
use steeple_metrics::Registry;
use steeple_ops::{Ops, ShutdownError};

use crate::builder::SteepleBuilder;

static GLOBAL: OnceLock<Observer> = OnceLock::new();

/// Observes a job with the process's instance: `kind` says what sort it is (`job`, `queue`, `cron`), `name` which of its
/// sort. Before there is an instance that is not private, nothing is observed.
pub fn observe(kind: &'static str, name: &'static str) -> Job {
    GLOBAL
        .get()
        .map_or_else(Job::unobserved, |observer| observer.observe(kind, name))
}

/// The observability of one service. Keep it for as long as the service runs.
///
/// Dropping it stops the ops listener at once; [`shutdown`](Self::shutdown) lets it end what it is about.
#[derive(Debug)]
#[must_use = "dropping it stops the ops listener"]
pub struct Steeple {
    observer: Observer,
    registry: Registry,
    ops: Option<Ops>,
}

impl Steeple {
    /// Begins to configure the observability of `service_name`.
    pub fn builder(service_name: impl Into<String>) -> SteepleBuilder {
        SteepleBuilder::new(service_name.into())
    }

    pub(crate) fn new(
        observer: Observer,
        registry: Registry,
        ops: Option<Ops>,
        global: bool,
    ) -> Self {
        if global {
            // The first instance that is not private serves `observe`; a second one is for its own handles only.
            let _ = GLOBAL.set(observer.clone());
        }
        Self {
            observer,
            registry,
            ops,
        }
    }

    /// An instance that records nothing and listens nowhere. Panics are caught all the same.
    pub(crate) fn disabled() -> Self {
        Self {
            observer: Observer::default(),
            registry: Registry::new(),
            ops: None,
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

    /// Where the ops listener listens, if there is one.
    #[must_use]
    pub fn ops_addr(&self) -> Option<SocketAddr> {
        self.ops.as_ref().map(Ops::local_addr)
    }

    /// Ends everything in order, within `deadline`. Works on every runtime.
    ///
    /// # Errors
    ///
    /// [`ShutdownError`] if scrapes had to be cut off.
    pub async fn shutdown(self, deadline: Duration) -> Result<(), ShutdownError> {
        match self.ops {
            Some(ops) => ops.shutdown(deadline).await,
            None => Ok(()),
        }
    }
}
