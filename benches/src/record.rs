//! One histogram record through a handle that is already there.

use std::{
    hint::black_box,
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    thread,
    time::Duration,
};

use measured::metric::histogram::Thresholds;
use metrics::{Key, Level, Metadata, Recorder};
use metrics_exporter_prometheus::PrometheusRecorder;
use steeple_metrics::{Builder, Exemplar, Matcher, NativeConfig, Registry};

use crate::{
    peers,
    race::{Contender, race},
};

/// The boundaries of `http.server.request.duration`, in seconds.
pub(crate) const BOUNDS: [f64; 14] = [
    0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0,
];

const ROUNDS: usize = 41;
const RECORDS: usize = 10_000;

/// The least that a histogram can do: one bucket search and two relaxed adds.
///
/// Aligned, since it takes twice the time where chance puts it across cache lines.
#[derive(Debug, Default)]
#[repr(align(64))]
pub(crate) struct FloorHistogram {
    buckets: [AtomicU64; BOUNDS.len() + 1],
    nanoseconds: AtomicU64,
}

impl FloorHistogram {
    pub(crate) fn record(&self, duration: Duration) {
        let nanoseconds = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
        self.record_seconds(duration.as_secs_f64(), nanoseconds);
    }

    fn record_seconds(&self, seconds: f64, nanoseconds: u64) {
        let bucket = BOUNDS.partition_point(|bound| *bound < seconds);
        self.buckets[bucket].fetch_add(1, Relaxed);
        self.nanoseconds.fetch_add(nanoseconds, Relaxed);
    }
}

/// What one record costs, by name, in nanoseconds.
#[must_use]
pub fn record_costs() -> Vec<(&'static str, f64)> {
    let exporter = peers::prometheus_recorder(&BOUNDS);
    let upkeep = exporter.handle();
    let contenders = histograms(&exporter)
        .into_iter()
        .map(|(name, record)| Contender {
            name,
            units: RECORDS,
            run: Box::new(move || record_typical(&*record)),
        });
    // The exporter keeps every sample until its upkeep.
    race(ROUNDS, contenders.collect(), || {
        upkeep.run_upkeep();
    })
}

/// What one record costs each of two threads that record into the same histogram, by name, in nanoseconds.
#[must_use]
pub fn contended_record_costs() -> Vec<(&'static str, f64)> {
    let exporter = peers::prometheus_recorder(&BOUNDS);
    let upkeep = exporter.handle();
    let contenders = histograms(&exporter)
        .into_iter()
        .map(|(name, record)| Contender {
            name,
            // Each of the threads does that many, and they run at once.
            units: CONTENDED_ROUNDS * RECORDS,
            run: Box::new(move || on_two_threads(&*record)),
        });
    race(ROUNDS, contenders.collect(), || {
        upkeep.run_upkeep();
    })
}

/// Threads take some 50 us to start, so they record longer.
const CONTENDED_ROUNDS: usize = 20;

type Record = Box<dyn Fn(f64) + Send + Sync>;

fn histograms(exporter: &PrometheusRecorder) -> Vec<(&'static str, Record)> {
    let floor = FloorHistogram::default();
    let client = prometheus_client::metrics::histogram::Histogram::new(BOUNDS);
    let prometheus = peers::prometheus_histogram(&BOUNDS);
    let measured = measured::Histogram::with_metadata(Thresholds::with_buckets(BOUNDS));
    let exporter = cached(exporter);
    let steeple = cached(&Registry::new());
    let with_exemplars = cached(&built(with_exemplars()));
    let native = Registry::builder().native_histograms(Matcher::prefix(""), NativeConfig::new());
    let native = cached(&built(native));
    let summary = cached(&built(Registry::builder().default_summary(&[0.5, 0.99])));
    vec![
        (
            "floor",
            Box::new(move |value| floor.record_seconds(value, (value * 1e9) as u64)),
        ),
        ("steeple", Box::new(move |value| steeple.record(value))),
        (
            "steeple with exemplars",
            Box::new(move |value| with_exemplars.record(value)),
        ),
        (
            "steeple, native histogram",
            Box::new(move |value| native.record(value)),
        ),
        (
            "steeple, summary",
            Box::new(move |value| summary.record(value)),
        ),
        (
            "metrics-exporter-prometheus",
            Box::new(move |value| exporter.record(value)),
        ),
        (
            "prometheus-client",
            Box::new(move |value| client.observe(value)),
        ),
        (
            "prometheus",
            Box::new(move |value| prometheus.observe(value)),
        ),
        ("measured", Box::new(move |value| measured.observe(value))),
    ]
}

/// A registry for which every record is one of a sampled trace.
fn with_exemplars() -> Builder {
    Registry::builder()
        .exemplar_source(|| Some(Exemplar::new(black_box([0xab; 16]), black_box([0xcd; 8]))))
}

fn built(builder: Builder) -> Registry {
    match builder.build() {
        Ok(registry) => registry,
        Err(error) => panic!("the benches set valid quantiles: {error}"),
    }
}

fn cached(recorder: &dyn Recorder) -> metrics::Histogram {
    recorder.register_histogram(
        &Key::from_name("http_server_request_duration_seconds"),
        &Metadata::new("benches", Level::INFO, None),
    )
}

/// Records typical durations, from 1 to 64 ms.
fn record_typical(record: &dyn Fn(f64)) {
    for index in 0..RECORDS {
        record(black_box((1 + index % 64) as f64 * 1e-3));
    }
}

fn on_two_threads(record: &(dyn Fn(f64) + Sync)) {
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                for _ in 0..CONTENDED_ROUNDS {
                    record_typical(&record);
                }
            });
        }
    });
}
