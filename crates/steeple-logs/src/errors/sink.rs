use std::{
    fmt,
    sync::{Arc, Weak},
    time::{Duration, Instant},
};

use steeple_core::{
    Timestamp,
    errors::{ErrorReport, ErrorSink},
    pipeline::{Pipeline, PipelineBuilder, Producer, Report, Weigh},
};

use super::lines::ErrorLines;
use crate::{Outlet, shared::Shared};

/// Makes a line of each failure that is reported, with its stack trace, from [`Logs::error_log`](crate::Logs::error_log): a sink to add to
/// the observer.
///
/// Whoever fails only queues the report, of which 8 MiB wait at most; those that find no room are counted by the
/// [pipeline](steeple_core::pipeline) `logs-errors`. Names of functions are looked up on a thread of its own.
#[derive(Clone)]
pub struct ErrorLog {
    producer: Producer<Reported>,
    pipeline: Weak<Pipeline<Reported>>,
    shared: Arc<Shared>,
}

/// The way of reports to where lines are made of them. It ends with the logs, however many sinks there are still.
pub(crate) struct ErrorPipeline {
    pipeline: Arc<Pipeline<Reported>>,
    shared: Arc<Shared>,
}

/// A report, and when it came.
#[derive(Debug)]
pub(super) struct Reported {
    pub(super) at: Timestamp,
    pub(super) report: Arc<ErrorReport>,
}

impl ErrorPipeline {
    pub(crate) fn start(shared: Arc<Shared>) -> Self {
        let lines = Arc::clone(&shared);
        let pipeline = PipelineBuilder::new("logs-errors")
            .max_delay(Outlet::DELAY)
            .spawn(move || ErrorLines::new(Arc::clone(&lines)));
        Self {
            pipeline: Arc::new(pipeline),
            shared,
        }
    }

    pub(crate) fn sink(&self) -> ErrorLog {
        ErrorLog {
            producer: self.pipeline.producer(),
            pipeline: Arc::downgrade(&self.pipeline),
            shared: Arc::clone(&self.shared),
        }
    }

    /// Makes lines of what waits.
    pub(crate) async fn flush(&self, deadline: Duration) -> Report {
        self.pipeline.flush(deadline).await
    }

    /// The same, and ends.
    pub(crate) async fn shutdown(&self, deadline: Duration) -> Report {
        self.pipeline.shutdown(deadline).await
    }

    /// The same for code that is not async.
    pub(crate) fn shutdown_blocking(&self, deadline: Duration) -> Report {
        self.pipeline.shutdown_blocking(deadline)
    }
}

impl ErrorSink for ErrorLog {
    fn error(&self, report: &Arc<ErrorReport>) {
        self.producer.push(Reported {
            at: Timestamp::now(),
            report: Arc::clone(report),
        });
    }

    fn rescue(&self, deadline: Duration) {
        let started = Instant::now();
        // What waits is written while names are looked up, which may take all the time.
        self.shared.writers.flush_blocking(Duration::ZERO);
        if let Some(pipeline) = self.pipeline.upgrade() {
            // There is nobody to tell.
            let _ = pipeline.flush_blocking(deadline);
        }
        let rest = deadline.saturating_sub(started.elapsed());
        self.shared.writers.flush_blocking(rest);
    }
}

impl Weigh for Reported {
    fn heap_bytes(&self) -> usize {
        self.report.heap_bytes()
    }
}

impl fmt::Debug for ErrorLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ErrorLog").field(&self.producer).finish()
    }
}

impl fmt::Debug for ErrorPipeline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ErrorPipeline")
            .field(&self.pipeline.accounting())
            .finish()
    }
}
