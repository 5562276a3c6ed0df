use std::{
    sync::{Arc, Weak, atomic::Ordering::Relaxed},
    time::Duration,
};

use steeple_core::{
    errors::{ErrorReport, ErrorSink},
    pipeline::{Pipeline, Producer, Weigh},
};

use crate::{store::Store, telemetry::Telemetry};

/// Hands reports to an [`ErrorTracker`](crate::ErrorTracker); for `ObserverBuilder::error_sink`.
#[derive(Clone, Debug)]
pub struct TrackerSink {
    pub(crate) producer: Producer<Queued>,
    pub(crate) pipeline: Weak<Pipeline<Queued>>,
    pub(crate) store: Arc<Store>,
    pub(crate) telemetry: Telemetry,
}

impl ErrorSink for TrackerSink {
    fn error(&self, report: &Arc<ErrorReport>) {
        self.telemetry.count(report.kind);
        self.producer.push(Queued(report.clone()));
    }

    fn rescue(&self, deadline: Duration) {
        let Some(pipeline) = self.pipeline.upgrade() else {
            return;
        };
        self.store.is_dying.store(true, Relaxed);
        // There is nobody to tell.
        let _ = pipeline.flush_blocking(deadline);
        // Whoever lives on has time again.
        self.store.is_dying.store(false, Relaxed);
    }
}

/// A report that waits.
#[derive(Debug)]
pub(crate) struct Queued(pub(crate) Arc<ErrorReport>);

impl Weigh for Queued {
    fn heap_bytes(&self) -> usize {
        self.0.heap_bytes()
    }
}

#[cfg(test)]
mod tests {
    use steeple_core::errors::Backtrace;

    use super::*;
    use crate::{ErrorTracker, testing::report};

    const DEADLINE: Duration = Duration::from_secs(60);

    #[test]
    fn who_was_rescued_and_lives_on_is_told_of_calls_again() {
        Backtrace::prepare();
        let tracker = ErrorTracker::builder().start().unwrap();
        let sink = tracker.sink();
        let frames = || tracker.groups()[0].samples[0].frames.len();
        sink.store.is_dying.store(true, Relaxed);
        sink.error(&report("hasty", "gone", || ()));
        assert!(tracker.flush_blocking(DEADLINE).is_complete());
        assert_eq!(frames(), 0);

        sink.rescue(DEADLINE);
        sink.error(&report("nightly", "gone", || ()));
        assert!(tracker.flush_blocking(DEADLINE).is_complete());
        assert!(frames() > 0);
    }
}
