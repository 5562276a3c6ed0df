//! What is open for a while.

use std::sync::Arc;

use crate::{
    clock::Moment,
    observer::Shared,
    request_metrics::{LifetimeMetrics, RequestMetrics},
};

/// Something that is open until it is dropped: a gauge counts it while it is, a histogram times it once it was.
pub(crate) struct Lifetime {
    shared: Arc<Shared>,
    started: Moment,
    /// Those that count it, one for each recorder.
    metrics: Vec<LifetimeMetrics>,
}

impl Lifetime {
    /// Opens what `find` finds the metrics of.
    pub(crate) fn begin(
        shared: &Arc<Shared>,
        find: impl Fn(&RequestMetrics) -> LifetimeMetrics,
    ) -> Self {
        let mut lifetime = Self {
            shared: Arc::clone(shared),
            started: Moment::now(),
            metrics: Vec::with_capacity(shared.metrics.len()),
        };
        for metrics in &shared.metrics {
            shared.deliver(|| {
                let metrics = find(metrics);
                metrics.open.increment(1.0);
                lifetime.metrics.push(metrics);
            });
        }
        lifetime
    }
}

impl Drop for Lifetime {
    fn drop(&mut self) {
        let duration = self.started.elapsed();
        for metrics in &self.metrics {
            self.shared.deliver(|| {
                metrics.open.decrement(1.0);
                metrics.duration.record(duration);
            });
        }
    }
}
