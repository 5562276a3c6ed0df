use std::{
    borrow::Cow,
    collections::{HashMap, hash_map::Entry},
    sync::Arc,
    time::SystemTime,
};

use steeple_metrics::{Labels, SeriesSnapshot, Value};

use super::Temporality;

/// What a value counts from, and the value since then.
pub(super) struct Reading<'a> {
    pub(super) start: SystemTime,
    pub(super) value: Cow<'a, Value>,
}

/// What was collected before.
///
/// It has what the registry has: a series that the registry let go of is forgotten.
pub(super) struct Memory {
    temporality: Temporality,
    /// The last collection, before the first one when the registry was made.
    collected: SystemTime,
    series: HashMap<Identity, Remembered>,
}

#[derive(PartialEq, Eq, Hash)]
struct Identity {
    metric: Arc<str>,
    labels: Labels,
}

struct Remembered {
    start: SystemTime,
    /// The last value, where differences are to be told, and of totals, which may begin anew.
    value: Option<Value>,
}

impl Memory {
    pub(super) fn new(temporality: Temporality, began: SystemTime) -> Self {
        Self {
            temporality,
            collected: began,
            series: HashMap::new(),
        }
    }

    /// Since when exemplars are new.
    pub(super) fn collected(&self) -> SystemTime {
        self.collected
    }

    /// What is to be told of a series; nothing if nothing was recorded since the last collection, where that is what counts.
    pub(super) fn read<'a>(
        &mut self,
        metric: &Arc<str>,
        series: &'a SeriesSnapshot,
    ) -> Option<Reading<'a>> {
        let is_cumulative = self.temporality == Temporality::Cumulative;
        let value = &series.value;
        // A summary's quantiles cannot be taken from each other.
        if is_cumulative || matches!(value, Value::Gauge(_) | Value::Summary(_)) {
            let collected = self.collected;
            let remembered = self.remembered(metric, &series.labels);
            if let Value::Total(total) = value
                && let Some(Value::Total(before)) = remembered.value.replace(value.clone())
                && *total < before
            {
                remembered.start = collected;
            }
            let restarted = value.as_histogram().and_then(|h| h.started_over());
            return Some(Reading {
                start: restarted.map_or(remembered.start, |time| time.max(remembered.start)),
                value: Cow::Borrowed(value),
            });
        }
        let start = self.collected;
        let remembered = self.remembered(metric, &series.labels);
        let value = match remembered.value.replace(value.clone()) {
            Some(before) => Cow::Owned(difference(value, &before)),
            None => Cow::Borrowed(value),
        };
        (!is_empty(&value)).then_some(Reading { start, value })
    }

    /// Ends the collection that was begun at `now`.
    pub(super) fn end(&mut self, now: SystemTime) {
        self.collected = now;
        self.series
            .retain(|identity, _| !identity.labels.is_orphaned());
    }

    fn remembered(&mut self, metric: &Arc<str>, labels: &Labels) -> &mut Remembered {
        let identity = Identity {
            metric: metric.clone(),
            labels: labels.clone(),
        };
        let is_another = |known: &Identity| !known.labels.is_same_series(labels);
        if let Some((known, _)) = self.series.get_key_value(&identity)
            && is_another(known)
        {
            self.series.remove(&identity);
        }
        match self.series.entry(identity) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => new.insert(Remembered {
                start: self.collected,
                value: None,
            }),
        }
    }
}

/// What was added to `before`; all, if the two cannot be compared or what is measured began anew.
fn difference(now: &Value, before: &Value) -> Value {
    match (now, before) {
        (Value::Counter(now), Value::Counter(before)) => Value::Counter(now.wrapping_sub(*before)),
        (Value::Total(now), Value::Total(before)) if now >= before => Value::Total(now - before),
        (Value::Histogram(now), Value::Histogram(before)) => Value::Histogram(now.since(before)),
        _ => now.clone(),
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Counter(added) => *added == 0,
        Value::Total(added) => *added == 0.0,
        Value::Histogram(added) => added.count() == 0,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use std::{
        thread,
        time::{Duration, Instant},
    };

    use steeple_metrics::Registry;

    use super::*;

    fn collect(memory: &mut Memory, registry: &Registry) {
        let now = SystemTime::now();
        for family in registry.snapshot().families {
            for series in &family.series {
                let _ = memory.read(&family.recorded_name, series);
            }
        }
        memory.end(now);
    }

    #[test]
    fn a_total_that_began_anew_counts_from_there() {
        for (temporality, told) in [
            (Temporality::Cumulative, [(0, 5.0), (0, 7.0), (2, 2.0)]),
            (Temporality::Delta, [(0, 5.0), (1, 2.0), (2, 2.0)]),
        ] {
            let time = |second| SystemTime::UNIX_EPOCH + Duration::from_secs(second);
            let registry = Registry::new();
            let total = registry.total("shop.busy", &[]).unwrap();
            let mut memory = Memory::new(temporality, time(0));
            for (measured, (start, value), now) in
                [(5.0, told[0], 1), (7.0, told[1], 2), (2.0, told[2], 3)]
            {
                total.set(measured);
                let seen = registry.snapshot();
                let family = seen.family("shop_busy_total").unwrap();
                let reading = memory
                    .read(&family.recorded_name, &family.series[0])
                    .unwrap();
                assert_eq!(
                    (reading.start, reading.value.as_total()),
                    (time(start), Some(value))
                );
                memory.end(time(now));
            }
        }
    }

    #[test]
    fn what_the_registry_let_go_of_is_forgotten() {
        let registry = Registry::builder()
            .idle_timeout(Duration::from_millis(20))
            .build()
            .unwrap();
        for temporality in [Temporality::Cumulative, Temporality::Delta] {
            let mut memory = Memory::new(temporality, registry.created());
            let kept = registry.counter("kept", &[]).unwrap();
            kept.increment(1);
            for number in 0..100 {
                let labels = [("number", &*number.to_string())];
                registry.counter("many", &labels).unwrap().increment(1);
            }
            let knows = |memory: &Memory, name: &str| {
                let metrics = memory.series.keys().map(|identity| &*identity.metric);
                metrics.filter(|metric| *metric == name).count()
            };
            collect(&mut memory, &registry);
            assert_eq!((knows(&memory, "kept"), knows(&memory, "many")), (1, 100));
            let start = Instant::now();
            while knows(&memory, "many") > 0 {
                assert!(start.elapsed() < Duration::from_secs(30));
                thread::sleep(Duration::from_millis(5));
                collect(&mut memory, &registry);
            }
            // It is hidden, and may come back.
            assert_eq!(knows(&memory, "kept"), 1);
            drop(kept);
        }
    }
}
