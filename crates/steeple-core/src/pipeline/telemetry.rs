use metrics::{Counter, Gauge, counter, describe_counter, describe_gauge, gauge};

use super::{DropReason, accounting::PerReason};

const CREATED: &str = "steeple_pipeline_created_total";
const EXPORTED: &str = "steeple_pipeline_exported_total";
const DROPPED: &str = "steeple_pipeline_dropped_total";
const QUEUED_BYTES: &str = "steeple_pipeline_queued_bytes";

/// A pipeline's own metrics, of the recorder that was current when it was built.
#[derive(Debug)]
pub(super) struct Telemetry {
    created: Counter,
    exported: Counter,
    dropped: PerReason<Counter>,
    queued_bytes: Gauge,
}

impl Telemetry {
    pub(super) fn new(pipeline: &'static str) -> Self {
        describe_counter!(CREATED, "Items offered to a telemetry pipeline.");
        describe_counter!(EXPORTED, "Items that the backend of a pipeline has taken.");
        describe_counter!(DROPPED, "Items that a pipeline dropped.");
        describe_gauge!(
            QUEUED_BYTES,
            metrics::Unit::Bytes,
            "Memory held by the items of a pipeline."
        );
        Self {
            created: counter!(CREATED, "pipeline" => pipeline),
            exported: counter!(EXPORTED, "pipeline" => pipeline),
            dropped: PerReason::from_fn(
                |reason| counter!(DROPPED, "pipeline" => pipeline, "reason" => reason.as_str()),
            ),
            queued_bytes: gauge!(QUEUED_BYTES, "pipeline" => pipeline),
        }
    }

    /// The gauge that falls when items are freed; [`holds`](Self::holds) raises it.
    pub(super) fn queued_bytes(&self) -> Gauge {
        self.queued_bytes.clone()
    }

    pub(super) fn created(&self, items: u64) {
        self.created.increment(items);
    }

    pub(super) fn holds(&self, bytes: usize) {
        self.queued_bytes.increment(bytes as f64);
    }

    pub(super) fn dropped(&self, reason: DropReason, items: u64) {
        self.dropped[reason].increment(items);
    }

    pub(super) fn settled(&self, items: u64, lost: Option<(DropReason, u64)>) {
        let mut exported = items;
        if let Some((reason, count)) = lost {
            exported -= count;
            self.dropped(reason, count);
        }
        self.exported.increment(exported);
    }
}
