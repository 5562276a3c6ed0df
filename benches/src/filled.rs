//! Each library with the same series: for each label set a counter and a histogram, both recorded into once; steeple's
//! native histograms, summaries and exemplars, which take the more the wider values are spread, a hundred times, and its
//! busy series a thousand times.

use measured::{
    CounterVec, LabelGroup, MetricGroup, lasso::ThreadedRodeo, metric::histogram::Thresholds,
};
use metrics::{Key, Label, Level, Metadata, Recorder};
use metrics_exporter_prometheus::PrometheusRecorder;
use prometheus::{HistogramOpts, HistogramVec, IntCounterVec, Opts};
use prometheus_client::metrics::{counter::Counter, family::Family, histogram::Histogram};
use steeple_metrics::{Builder, Exemplar, Matcher, NativeConfig, Registry};

use crate::{peers, record::BOUNDS};

const REQUESTS: &str = "http_server_requests";
const DURATION: &str = "http_server_request_duration_seconds";

pub(crate) fn steeple(label_sets: usize) -> Registry {
    steeple_as(Registry::builder(), label_sets, 1)
}

/// Recorded into so often that all series are striped.
pub(crate) fn steeple_busy(label_sets: usize) -> Registry {
    steeple_as(Registry::builder(), label_sets, 1_100)
}

/// With an exemplar in each bucket that has an observation.
pub(crate) fn steeple_exemplars(label_sets: usize) -> Registry {
    let trace = || Some(Exemplar::new([0xab; 16], [0xcd; 8]));
    let builder = Registry::builder().exemplar_source(trace);
    steeple_as(builder, label_sets, SPREAD)
}

/// With the classic buckets besides.
pub(crate) fn steeple_native(label_sets: usize) -> Registry {
    let native = NativeConfig::new().with_classic_buckets();
    let builder = Registry::builder().native_histograms(Matcher::full(DURATION), native);
    steeple_as(builder, label_sets, SPREAD)
}

/// With [`QUANTILES`].
pub(crate) fn steeple_summaries(label_sets: usize) -> Registry {
    let builder = Registry::builder().default_summary(&QUANTILES);
    steeple_as(builder, label_sets, SPREAD)
}

/// One more observation of each series.
pub(crate) fn record_again(registry: &Registry, label_sets: usize) {
    fill(registry, label_sets, 1);
}

/// Those that metrics-exporter-prometheus has unless it is told others.
pub(crate) const QUANTILES: [f64; 7] = [0.0, 0.5, 0.9, 0.95, 0.99, 0.999, 1.0];

/// How many observations there are where it matters how wide they are spread.
const SPREAD: usize = 100;

fn steeple_as(builder: Builder, label_sets: usize, observations: usize) -> Registry {
    let registry = builder
        .series_limit(label_sets)
        .total_series_limit(3 * label_sets)
        .build();
    match registry {
        Ok(registry) => {
            fill(&registry, label_sets, observations);
            registry
        }
        Err(error) => panic!("the benches set valid limits: {error}"),
    }
}

pub(crate) fn metrics_exporter_prometheus(label_sets: usize) -> PrometheusRecorder {
    let recorder = peers::prometheus_recorder(&BOUNDS);
    fill(&recorder, label_sets, 1);
    recorder.handle().run_upkeep();
    recorder
}

pub(crate) fn prometheus_client(label_sets: usize) -> prometheus_client::registry::Registry {
    type Labels = Vec<(&'static str, String)>;
    let requests = Family::<Labels, Counter>::default();
    let duration = Family::<Labels, Histogram>::new_with_constructor(|| Histogram::new(BOUNDS));
    for index in 0..label_sets {
        let labels = labels(index).to_vec();
        requests.get_or_create(&labels).inc();
        duration.get_or_create(&labels).observe(observed(index));
    }
    let mut registry = prometheus_client::registry::Registry::default();
    registry.register(REQUESTS, "Requests", requests);
    registry.register(DURATION, "Duration", duration);
    registry
}

pub(crate) fn prometheus(label_sets: usize) -> prometheus::Registry {
    match try_prometheus(label_sets) {
        Ok(registry) => registry,
        Err(error) => panic!("the benches name valid metrics: {error}"),
    }
}

pub(crate) fn measured(label_sets: usize) -> Measured {
    let measured = Measured::new();
    for index in 0..label_sets {
        let labels = labels(index);
        let [method, status, route] = labels.each_ref().map(|(_, value)| value.as_str());
        let labels = || MeasuredLabels {
            http_request_method: method,
            http_response_status_code: status,
            http_route: route,
        };
        measured.http_server_requests.inc(labels());
        let duration = &measured.http_server_request_duration_seconds;
        duration.observe(labels(), observed(index));
    }
    measured
}

/// The metrics as `measured` names them: by their fields.
#[derive(MetricGroup)]
#[metric(new())]
pub(crate) struct Measured {
    /// Requests
    http_server_requests: CounterVec<MeasuredLabelSet>,
    /// Duration
    #[metric(metadata = Thresholds::with_buckets(BOUNDS))]
    http_server_request_duration_seconds:
        measured::HistogramVec<MeasuredLabelSet, { BOUNDS.len() }>,
}

#[derive(LabelGroup)]
#[label(set = MeasuredLabelSet)]
struct MeasuredLabels<'a> {
    #[label(dynamic_with = ThreadedRodeo, default)]
    http_request_method: &'a str,
    #[label(dynamic_with = ThreadedRodeo, default)]
    http_response_status_code: &'a str,
    #[label(dynamic_with = ThreadedRodeo, default)]
    http_route: &'a str,
}

fn try_prometheus(label_sets: usize) -> prometheus::Result<prometheus::Registry> {
    let names = labels(0).map(|(name, _)| name);
    let requests = IntCounterVec::new(Opts::new(REQUESTS, "Requests"), &names)?;
    let options = HistogramOpts::new(DURATION, "Duration").buckets(BOUNDS.to_vec());
    let duration = HistogramVec::new(options, &names)?;
    for index in 0..label_sets {
        let labels = labels(index);
        let values = labels.each_ref().map(|(_, value)| value.as_str());
        requests.with_label_values(&values).inc();
        duration.with_label_values(&values).observe(observed(index));
    }
    let registry = prometheus::Registry::new();
    registry.register(Box::new(requests))?;
    registry.register(Box::new(duration))?;
    Ok(registry)
}

/// Records the series through the `metrics` facade.
fn fill(recorder: &dyn Recorder, label_sets: usize, observations: usize) {
    let metadata = Metadata::new("benches", Level::INFO, None);
    for index in 0..label_sets {
        let labels: Vec<Label> = labels(index)
            .map(|(key, value)| Label::new(key, value))
            .into();
        let requests = Key::from_parts("http_server_requests_total", labels.clone());
        let duration = Key::from_parts(DURATION, labels);
        let requests = recorder.register_counter(&requests, &metadata);
        let duration = recorder.register_histogram(&duration, &metadata);
        for observation in 0..observations {
            requests.increment(1);
            duration.record(observed(index + 10 * observation));
        }
    }
}

fn labels(index: usize) -> [(&'static str, String); 3] {
    [
        ("http_request_method", "GET".to_owned()),
        ("http_response_status_code", (200 + index % 5).to_string()),
        (
            "http_route",
            format!("/orders/{{order}}/items/{}", index / 5),
        ),
    ]
}

/// Milliseconds, up to a second.
fn observed(index: usize) -> f64 {
    (index % 1_000) as f64 * 1e-3
}
