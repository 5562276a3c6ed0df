//! Rendering the same 1,000 series as Prometheus text.

use std::hint::black_box;

use metrics::{Key, Label, Level, Metadata, Recorder};
use prometheus_client::{
    encoding::text,
    metrics::{counter::Counter, family::Family, histogram::Histogram},
    registry::Registry,
};

use crate::{
    peers,
    race::{Contender, race},
    record::BOUNDS,
};

const ROUNDS: usize = 31;

/// 500 label sets; each has a counter and a histogram, which makes 1,000 series and 9,000 lines.
const LABEL_SETS: usize = 500;

/// What one line costs, by name, in nanoseconds.
#[must_use]
pub fn render_costs() -> Vec<(&'static str, f64)> {
    let contenders = vec![
        contender("steeple", steeple()),
        contender("metrics-exporter-prometheus", metrics_exporter_prometheus()),
        contender("prometheus-client", prometheus_client()),
    ];
    race(ROUNDS, contenders, || {})
}

fn contender(name: &'static str, render: impl Fn() -> String + 'static) -> Contender {
    Contender {
        name,
        units: sample_lines(&render()),
        run: Box::new(move || {
            black_box(render());
        }),
    }
}

fn sample_lines(text: &str) -> usize {
    text.lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .count()
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

fn steeple() -> impl Fn() -> String {
    let registry = steeple_metrics::Registry::new();
    fill(&registry);
    move || registry.render()
}

fn metrics_exporter_prometheus() -> impl Fn() -> String {
    let recorder = peers::prometheus_recorder(&BOUNDS);
    fill(&recorder);
    let handle = recorder.handle();
    move || handle.render()
}

/// Records the series through the `metrics` facade.
fn fill(recorder: &dyn Recorder) {
    let metadata = Metadata::new("benches", Level::INFO, None);
    for index in 0..LABEL_SETS {
        let labels: Vec<Label> = labels(index)
            .map(|(key, value)| Label::new(key, value))
            .into();
        let requests = Key::from_parts("http_server_requests_total", labels.clone());
        let duration = Key::from_parts("http_server_request_duration_seconds", labels);
        recorder
            .register_counter(&requests, &metadata)
            .increment(index as u64);
        recorder
            .register_histogram(&duration, &metadata)
            .record(index as f64 * 1e-3);
    }
}

fn prometheus_client() -> impl Fn() -> String {
    type Labels = Vec<(&'static str, String)>;
    let requests = Family::<Labels, Counter>::default();
    let duration = Family::<Labels, Histogram>::new_with_constructor(|| Histogram::new(BOUNDS));
    for index in 0..LABEL_SETS {
        let labels = labels(index).to_vec();
        requests.get_or_create(&labels).inc_by(index as u64);
        duration.get_or_create(&labels).observe(index as f64 * 1e-3);
    }
    let mut registry = Registry::default();
    registry.register("http_server_requests", "Requests", requests);
    registry.register("http_server_request_duration_seconds", "Duration", duration);
    move || {
        let mut output = String::new();
        match text::encode(&mut output, &registry) {
            Ok(()) => output,
            Err(error) => panic!("a string takes any text: {error}"),
        }
    }
}
