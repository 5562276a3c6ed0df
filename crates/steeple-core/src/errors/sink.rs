use std::{sync::Arc, time::Duration};

use super::ErrorReport;

/// Receives one report for each failure.
///
/// It runs on the thread that failed; of panics where nothing is observed, and of a process that is dying, on a thread of the
/// observer's own. It must not block, do I/O, or wait for a lock that others hold for long. A panic in it is caught and counted.
pub trait ErrorSink: Send + Sync + 'static {
    /// Something went wrong.
    fn error(&self, report: &Arc<ErrorReport>);

    /// The process is dying: what was received is to leave it within `deadline`, and this waits for that. Sinks are asked one after
    /// the other. Default: nothing.
    fn rescue(&self, deadline: Duration) {
        let _ = deadline;
    }
}

impl<F> ErrorSink for F
where
    F: Fn(&Arc<ErrorReport>) + Send + Sync + 'static,
{
    fn error(&self, report: &Arc<ErrorReport>) {
        self(report);
    }
}
