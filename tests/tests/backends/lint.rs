//! What the lint finds is what Prometheus' own finds.

use std::collections::BTreeSet;

use steeple::metrics::{Kind, Registry};
use steeple_tests::backends::{BackendError, check_metrics};

type Labels = &'static [(&'static str, &'static str)];

#[test]
#[ignore = "needs real servers: cargo xtask test"]
fn promtool_finds_fault_with_the_same_metrics() {
    let registry = Registry::new();
    let metrics: [(Kind, &str, Labels); 27] = [
        (Kind::Counter, "clean_total", &[("of", "1")]),
        (Kind::Counter, "clean_cpu_seconds_total", &[]),
        (Kind::Gauge, "clean_ratio", &[]),
        (Kind::Gauge, "clean_celsius", &[]),
        (Kind::Gauge, "gauge_readings", &[]),
        (Kind::Gauge, "clean_HTTP", &[]),
        (Kind::Histogram, "clean_wait_seconds", &[]),
        (Kind::Histogram, "clean_bytes_per_second", &[]),
        (Kind::Histogram, "helpless_seconds", &[]),
        (Kind::Counter, "jobs_done", &[]),
        (Kind::Gauge, "jobs_total", &[]),
        (Kind::Histogram, "wait_total", &[]),
        (Kind::Gauge, "queue_count", &[]),
        (Kind::Gauge, "queue_sum", &[]),
        (Kind::Gauge, "queue_bucket", &[]),
        (Kind::Gauge, "labelled_le", &[("le", "x")]),
        (Kind::Gauge, "labelled_quantile", &[("quantile", "x")]),
        (Kind::Histogram, "wait_milliseconds", &[]),
        (Kind::Gauge, "open_days", &[]),
        (Kind::Gauge, "room_fahrenheit", &[]),
        (Kind::Counter, "sent_kibibytes_total", &[]),
        (Kind::Histogram, "wait_ms", &[]),
        (Kind::Counter, "sent_kb_total", &[]),
        (Kind::Gauge, "queue_gauge", &[]),
        (Kind::Gauge, "queueLength", &[]),
        (Kind::Gauge, "labelled_kind", &[("queueKind", "x")]),
        (Kind::Gauge, "queue:length", &[]),
    ];
    for (kind, name, labels) in metrics {
        if name != "helpless_seconds" {
            registry.describe(kind, name, None, "What it is.").unwrap();
        }
        match kind {
            Kind::Counter => drop(registry.counter(name, labels).unwrap()),
            Kind::Gauge => drop(registry.gauge(name, labels).unwrap()),
            _ => drop(registry.histogram(name, labels).unwrap()),
        }
    }
    let found: BTreeSet<_> = registry
        .lint()
        .iter()
        .map(|finding| finding.metric.to_string())
        .collect();
    assert_eq!(found.len(), 19);
    let Err(BackendError::Refused { findings, .. }) = check_metrics(&registry.render()) else {
        panic!("promtool finds nothing");
    };
    let lines = findings.lines().filter_map(|line| line.split_once(' '));
    let theirs: BTreeSet<_> = lines.map(|(metric, _)| metric.to_owned()).collect();
    assert_eq!(found, theirs, "{findings}");
}
