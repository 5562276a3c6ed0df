use std::{
    sync::{Arc, Weak, atomic::Ordering::Relaxed},
    time::Duration,
};

use steeple_core::{
    errors::{Breadcrumb, Cause, ErrorReport, ErrorSink},
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
        self.store.is_dying.store(true, Relaxed);
        if let Some(pipeline) = self.pipeline.upgrade() {
            // There is nobody to tell.
            let _ = pipeline.flush_blocking(deadline);
        }
    }
}

/// A report that waits.
#[derive(Debug)]
pub(crate) struct Queued(pub(crate) Arc<ErrorReport>);

impl Weigh for Queued {
    fn heap_bytes(&self) -> usize {
        /// What a backtrace and the small texts take at most.
        const REST: usize = 2_048;
        let report = &self.0;
        let causes = report.causes.iter();
        let causes = causes.map(|cause| size_of::<Cause>() + cause.message.capacity());
        let crumbs = report.scene.breadcrumbs();
        let crumbs = crumbs.map(|crumb| size_of::<Breadcrumb>() + crumb.message.capacity());
        size_of::<ErrorReport>() + REST + causes.chain(crumbs).sum::<usize>()
    }
}
