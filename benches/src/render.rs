//! Rendering the same series as Prometheus text.

use std::hint::black_box;

use measured::{MetricGroup, text::BufferedTextEncoder};
use prometheus::TextEncoder;
use steeple_metrics::{Escaping, Format};

use crate::{
    Allocations, filled,
    race::{Contender, race},
};

const ROUNDS: usize = 31;

/// A label set has a counter and a histogram, which makes 18 lines.
const LINES_OF_LABEL_SET: usize = 18;

/// What one line of some `lines` costs, by name, in nanoseconds.
#[must_use]
pub fn render_costs(lines: usize) -> Vec<(&'static str, f64)> {
    race(ROUNDS, contenders(lines / LINES_OF_LABEL_SET), || {})
}

/// How often one line of some `lines` allocates, by name.
#[must_use]
pub fn render_allocations(lines: usize) -> Vec<(&'static str, f64)> {
    let allocations = |mut contender: Contender| {
        let allocated = Allocations::of(&mut contender.run);
        (
            contender.name,
            allocated.count as f64 / contender.units as f64,
        )
    };
    contenders(lines / LINES_OF_LABEL_SET)
        .into_iter()
        .map(allocations)
        .collect()
}

fn contenders(label_sets: usize) -> Vec<Contender> {
    let steeple = filled::steeple(label_sets);
    let streamed = [
        (
            "steeple, OpenMetrics",
            Format::OpenMetrics(Escaping::Underscores),
        ),
        ("steeple, protobuf", Format::Protobuf(Escaping::Underscores)),
    ]
    .map(|(name, format)| {
        let registry = steeple.clone();
        let stream = move || {
            registry
                .exposition(format)
                .for_each(|chunk| drop(black_box(chunk)));
        };
        (name, Box::new(stream) as Render)
    });
    let exporter = filled::metrics_exporter_prometheus(label_sets).handle();
    let client = filled::prometheus_client(label_sets);
    let prometheus = filled::prometheus(label_sets);
    let measured = filled::measured(label_sets);
    let mut encoder = BufferedTextEncoder::new();
    let whole: [(_, Render); 5] = [
        (
            "steeple",
            Box::new(move || drop(black_box(steeple.render()))),
        ),
        (
            "metrics-exporter-prometheus",
            Box::new(move || drop(black_box(exporter.render()))),
        ),
        (
            "prometheus-client",
            Box::new(move || {
                let mut text = String::new();
                let encoded = prometheus_client::encoding::text::encode(&mut text, &client);
                let _ = black_box((encoded, text));
            }),
        ),
        (
            "prometheus",
            Box::new(move || {
                let encoded = TextEncoder::new().encode_to_string(&prometheus.gather());
                let _ = black_box(encoded);
            }),
        ),
        (
            "measured",
            Box::new(move || {
                let Ok(()) = measured.collect_group_into(&mut encoder);
                drop(black_box(encoder.finish()));
            }),
        ),
    ];
    whole
        .into_iter()
        .chain(streamed)
        .map(|(name, run)| Contender {
            name,
            units: label_sets * LINES_OF_LABEL_SET,
            run,
        })
        .collect()
}

type Render = Box<dyn FnMut()>;
