use std::{sync::Arc, time::Duration};

use tracing_core::Subscriber;
use tracing_subscriber::{filter::Filtered, layer::Layer, registry::LookupSpan};

use crate::{Levels, LevelsFilter, LogLayer, LogsBuilder, LogsReport, shared::Shared};

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
}

impl Logs {
    /// Begins to configure the logs of `service`.
    pub fn builder(service: &str) -> LogsBuilder {
        LogsBuilder::new(service)
    }

    pub(crate) fn new(shared: Shared, levels: Levels) -> Self {
        Self {
            shared: Arc::new(shared),
            levels,
        }
    }

    /// Makes a line of each event of `tracing`, and of each record of the crate `log` that `tracing-log` makes one: a layer to add to
    /// the application's subscriber. It has the [levels](Self::levels) as a filter of its own, whatever other layers take.
    pub fn layer<S>(&self) -> Filtered<LogLayer, LevelsFilter, S>
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        LogLayer::new(Arc::clone(&self.shared)).with_filter(self.levels.filter())
    }

    /// Up to which level is logged, by target, and changes of that while the service runs.
    #[must_use]
    pub fn levels(&self) -> &Levels {
        &self.levels
    }

    /// Writes what waits, for at most `deadline`. Works on every runtime.
    pub async fn flush(&self, deadline: Duration) -> LogsReport {
        self.shared.writers.flush(deadline).await
    }

    /// Writes what waits, for at most `deadline`, and ends: what is logged later is counted as lost. Works on every runtime.
    pub async fn shutdown(self, deadline: Duration) -> LogsReport {
        self.shared.writers.shutdown(deadline).await
    }
}

impl Drop for Logs {
    fn drop(&mut self) {
        self.shared.writers.shutdown_blocking(DROP_DEADLINE);
    }
}
