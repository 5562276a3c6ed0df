//! How much memory a series takes.

use std::{any::Any, fs, hint::black_box};

use crate::filled;

/// How many label sets there are; each has a counter and a histogram.
const LABEL_SETS: usize = 20_000;

/// Bytes that a counter and a histogram of 14 bounds, with three labels, take together with `library`; `None` if there is
/// no such library.
///
/// It is what the process grows by, so it is to be asked once a process.
#[must_use]
pub fn bytes_of_two_series(library: &str) -> Option<f64> {
    let before = resident_bytes();
    let kept: Box<dyn Any> = match library {
        "steeple" => Box::new(filled::steeple(LABEL_SETS)),
        "steeple, busy" => Box::new(filled::steeple_busy(LABEL_SETS)),
        "prometheus-client" => Box::new(filled::prometheus_client(LABEL_SETS)),
        "prometheus" => Box::new(filled::prometheus(LABEL_SETS)),
        "measured" => Box::new(filled::measured(LABEL_SETS)),
        "metrics-exporter-prometheus" => Box::new(filled::metrics_exporter_prometheus(LABEL_SETS)),
        _ => return None,
    };
    let grown = resident_bytes().saturating_sub(before);
    black_box(kept);
    Some(grown as f64 / LABEL_SETS as f64)
}

/// What the process has of its own in memory.
fn resident_bytes() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let kibibytes = status
        .lines()
        .find_map(|line| line.strip_prefix("RssAnon:"))
        .and_then(|rest| rest.trim().strip_suffix(" kB")?.parse().ok());
    kibibytes.unwrap_or(0_u64) * 1024
}
