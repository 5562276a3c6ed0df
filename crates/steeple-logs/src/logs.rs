use std::{iter, sync::Arc, time::Duration};

use tracing_core::Subscriber;
use tracing_subscriber::{filter::Filtered, layer::Layer, registry::LookupSpan};

use crate::{
    AccessLog, Levels, LevelsFilter, LogLayer, LogsBuilder, LogsReport,
    shared::Shared,
    writers::{self, Writers},
};

/// How long dropping waits for what is still to be written.
const DROP_DEADLINE: Duration = Duration::from_secs(1);

/// The logs of a service.
///
/// Dropping it waits for at most a second for what is still to be written; what is logged later is counted as lost.
#[derive(Debug)]
#[must_use = "dropping it ends the logs"]
pub struct Logs {
    shared: Arc<Shared>,
    levels: Levels,
    access: AccessLog,
    /// Whether it was shut down, so that dropping it has nothing to wait for.
    has_ended: bool,
}

impl Logs {
    /// Begins to configure the logs of `service`.
    pub fn builder(service: &str) -> LogsBuilder {
        LogsBuilder::new(service)
    }

    pub(crate) fn new(shared: Arc<Shared>, levels: Levels, access: AccessLog) -> Self {
        Self {
            shared,
            levels,
            access,
            has_ended: false,
        }
    }

    /// Makes a line of each event of `tracing`, and of each record of the crate `log` that `tracing-log` makes one: a layer to add to
    /// the application's subscriber. It has the [levels](Self::levels) as a filter of its own, whatever other layers take.
    #[must_use]
    pub fn layer<S>(&self) -> Filtered<LogLayer, LevelsFilter, S>
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        LogLayer::new(Arc::clone(&self.shared)).with_filter(self.levels.filter())
    }

    /// Makes a line of each request and job: a sink to add to the [observer](steeple_core::ObserverBuilder::sink). Its lines have
    /// the level `error` where the service failed and `info` otherwise, whatever [levels](Self::levels) the application's have.
    #[must_use]
    pub fn access_log(&self) -> AccessLog {
        self.access.clone()
    }

    /// Up to which level is logged, by target, and changes of that while the service runs.
    #[must_use]
    pub fn levels(&self) -> &Levels {
        &self.levels
    }

    /// Writes what waits, for at most `deadline`. Works on every runtime.
    pub async fn flush(&self, deadline: Duration) -> LogsReport {
        self.shared.tell_all_held();
        writers::flush(self.writers(), deadline).await
    }

    /// Writes what waits, for at most `deadline`, and ends: what is logged later is counted as lost. Works on every runtime.
    pub async fn shutdown(mut self, deadline: Duration) -> LogsReport {
        self.has_ended = true;
        self.shared.tell_all_held();
        writers::shutdown(self.writers(), deadline).await
    }

    fn writers(&self) -> impl Iterator<Item = &Writers> {
        iter::once(&self.shared.writers).chain(self.access.destinations())
    }
}

impl Drop for Logs {
    fn drop(&mut self) {
        if !self.has_ended {
            self.shared.tell_all_held();
            writers::shutdown_blocking(self.writers(), DROP_DEADLINE);
        }
    }
}
