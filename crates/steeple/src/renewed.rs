//! Handles into a recorder that may let go of what they stand for.
//!
//! metrics-exporter-prometheus drops a series that was idle for its `idle_timeout`; a handle from before records into
//! nothing from then on. So a handle that was left alone for a while is fetched anew, which gives the same series where it
//! is still there.

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

/// A counter or histogram that is fetched anew once it was left alone for `renewal`.
pub(crate) struct Renewed<H> {
    key: Key,
    renewal: Duration,
    used: Mutex<(Instant, H)>,
}

impl<H: Handle> Renewed<H> {
    pub(crate) fn new(key: Key, renewal: Duration) -> Self {
        let handle = metrics::with_recorder(|recorder| H::fetch(recorder, &key));
        Self {
            key,
            renewal,
            used: Mutex::new((Instant::now(), handle)),
        }
    }

    /// The handle. No lock is held while the other recorder is at work.
    fn handle(&self) -> H {
        let now = Instant::now();
        {
            let mut used = lock(&self.used);
            let idle = now.saturating_duration_since(used.0);
            if idle < self.renewal {
                used.0 = now.max(used.0);
                return used.1.clone();
            }
        }
        let handle = metrics::with_recorder(|recorder| H::fetch(recorder, &self.key));
        *lock(&self.used) = (now, handle.clone());
        handle
    }
}

impl CounterFn for Renewed<Counter> {
    fn increment(&self, value: u64) {
        self.handle().increment(value);
    }

    fn absolute(&self, value: u64) {
        self.handle().absolute(value);
    }
}

impl HistogramFn for Renewed<Histogram> {
    fn record(&self, value: f64) {
        self.handle().record(value);
    }
}

/// A gauge that takes its value along when it is fetched anew.
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

    /// Changes the value and hands it on: a gauge that was dropped came back as 0, which a change alone would be added to.
    fn update(&self, change: impl FnOnce(f64) -> f64) {
        let mut value = {
            let mut value = lock(&self.value);
            *value = change(*value);
            *value
        };
        // Whoever is last to hand on a value looks whether there is a newer one, so that the newest one stays.
        loop {
            self.gauge.handle().set(value);
            let newest = *lock(&self.value);
            if newest.to_bits() == value.to_bits() {
                break;
            }
            value = newest;
        }
    }
}

impl GaugeFn for RenewedGauge {
    fn increment(&self, value: f64) {
        self.update(|before| before + value);
    }

    fn decrement(&self, value: f64) {
        self.update(|before| before - value);
    }

    fn set(&self, value: f64) {
        self.update(|_| value);
    }
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
