//! Figures against what the system says by other means.

#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod lifetime;
mod line;
mod process;
mod runtime;

use std::{
    thread,
    time::{Duration, Instant},
};

use steeple_metrics::{Registry, Value};

/// A gauge, or the total of a counter.
fn figure(registry: &Registry, name: &str, labels: &[(&str, &str)]) -> Option<f64> {
    let seen = registry.snapshot();
    let value = seen.value(name, labels)?;
    value.as_gauge().or_else(|| value.as_total())
}

/// Waits for what is to come, for a minute at most.
fn eventually<T>(mut look: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(seen) = look() {
            return seen;
        }
        assert!(start.elapsed() < Duration::from_secs(60), "it did not come");
        thread::sleep(Duration::from_millis(10));
    }
}

/// The number of samples of a histogram.
fn count(registry: &Registry, name: &str) -> u64 {
    let seen = registry.snapshot();
    let histogram = seen.value(name, &[]).and_then(Value::as_histogram);
    histogram.map_or(0, |histogram| histogram.count())
}
