use std::{
    mem,
    sync::{Arc, Mutex, PoisonError},
    time::{SystemTime, UNIX_EPOCH},
};

use steeple_core::pipeline::{DropReason, Producer};
use steeple_metrics::{Registry, Value};

use super::sample::{Metric, Reading, Sample};

/// Queues the values of a registry's series, each time with a later timestamp.
pub(super) struct Collector {
    registry: Registry,
    producer: Producer<Sample>,
    /// The last timestamp. Held while samples are queued, so that they are in order.
    last: Mutex<i64>,
}

impl Collector {
    pub(super) fn new(registry: Registry, producer: Producer<Sample>) -> Self {
        Self {
            registry,
            producer,
            last: Mutex::new(i64::MIN),
        }
    }

    pub(super) fn collect(&self) {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        // A backend refuses what is not newer, as it would be within a millisecond, or after the clock was set back.
        let at = milliseconds(SystemTime::now()).max(last.saturating_add(1));
        *last = at;
        for mut family in self.registry.snapshot().families {
            let series = mem::take(&mut family.series);
            let metric = Arc::new(Metric {
                name: family.name,
                kind: family.kind,
                help: family.help,
            });
            for series in series {
                let reading = match series.value {
                    Value::Counter(total) => Reading::Number(total as f64),
                    Value::Total(total) => Reading::Number(total),
                    Value::Gauge(value) => Reading::Number(value),
                    Value::Histogram(histogram) => Reading::Distribution(Box::new(histogram)),
                    Value::Summary(summary) => Reading::Summary(Box::new(summary)),
                    // Of a kind that cannot be written yet.
                    _ => {
                        self.producer.skip(DropReason::Filtered);
                        continue;
                    }
                };
                self.producer.push(Sample {
                    metric: metric.clone(),
                    labels: series.labels,
                    reading,
                    at,
                });
            }
        }
    }
}

/// Since the epoch.
pub(super) fn milliseconds(time: SystemTime) -> i64 {
    let since =
        |duration: std::time::Duration| i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
    match time.duration_since(UNIX_EPOCH) {
        Ok(after) => since(after),
        Err(before) => -since(before.duration()),
    }
}
