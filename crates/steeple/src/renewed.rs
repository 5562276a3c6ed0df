//! Handles into a recorder that may let go of what they stand for.
//!
//! metrics-exporter-prometheus drops a series that was idle for its `idle_timeout`; a handle from before records into
//! nothing from then on. So handles are fetched anew once they are old, which gives the same series where it is still there.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use metrics::{
    Counter, CounterFn, Gauge, GaugeFn, Histogram, HistogramFn, Key, Level, Metadata, Recorder,
};

static METADATA: Metadata<'static> =
    Metadata::new(module_path!(), Level::INFO, Some(module_path!()));

/// A handle into the global recorder.
pub(crate) trait Handle: Clone {
    fn fetch(recorder: &dyn Recorder, key: &Key) -> Self;
}

impl Handle for Counter {
    fn fetch(recorder: &dyn Recorder, key: &Key) -> Self {
        recorder.register_counter(key, &METADATA)
    }
}

impl Handle for Gauge {
    fn fetch(recorder: &dyn Recorder, key: &Key) -> Self {
        recorder.register_gauge(key, &METADATA)
    }
}

impl Handle for Histogram {
    fn fetch(recorder: &dyn Recorder, key: &Key) -> Self {
        recorder.register_histogram(key, &METADATA)
    }
}

/// A counter or histogram that is never much older than `renewal`.
pub(crate) struct Renewed<H> {
    key: Key,
    renewal: Duration,
    fetched: Mutex<(Instant, H)>,
}

impl<H: Handle> Renewed<H> {
    pub(crate) fn new(key: Key, renewal: Duration) -> Self {
        let handle = metrics::with_recorder(|recorder| H::fetch(recorder, &key));
        Self {
            key,
            renewal,
            fetched: Mutex::new((Instant::now(), handle)),
        }
    }

    /// The handle, and whether it was fetched anew. No lock is held while the other recorder is at work.
    fn handle(&self) -> (H, bool) {
        let (fetched, handle) = lock(&self.fetched).clone();
        if fetched.elapsed() < self.renewal {
            return (handle, false);
        }
        let handle = metrics::with_recorder(|recorder| H::fetch(recorder, &self.key));
        *lock(&self.fetched) = (Instant::now(), handle.clone());
        (handle, true)
    }
}

impl CounterFn for Renewed<Counter> {
    fn increment(&self, value: u64) {
        self.handle().0.increment(value);
    }

    fn absolute(&self, value: u64) {
        self.handle().0.absolute(value);
    }
}

impl HistogramFn for Renewed<Histogram> {
    fn record(&self, value: f64) {
        self.handle().0.record(value);
    }
}

/// A gauge that is never much older than its renewal, and that takes its value along.
pub(crate) struct RenewedGauge {
    gauge: Renewed<Gauge>,
    value: Mutex<f64>,
}

impl RenewedGauge {
    pub(crate) fn new(key: Key, renewal: Duration) -> Self {
        Self {
            gauge: Renewed::new(key, renewal),
            value: Mutex::default(),
        }
    }

    fn add(&self, change: f64) {
        let value = {
            let mut value = lock(&self.value);
            *value += change;
            *value
        };
        match self.gauge.handle() {
            (gauge, false) => gauge.increment(change),
            // Changes of other threads at this moment may be lost to it, until the next renewal.
            (gauge, true) => gauge.set(value),
        }
    }
}

impl GaugeFn for RenewedGauge {
    fn increment(&self, value: f64) {
        self.add(value);
    }

    fn decrement(&self, value: f64) {
        self.add(-value);
    }

    fn set(&self, value: f64) {
        *lock(&self.value) = value;
        self.gauge.handle().0.set(value);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
