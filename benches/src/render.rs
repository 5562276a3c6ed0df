//! Rendering the same series as Prometheus text.

use std::hint::black_box;

use measured::{MetricGroup, text::BufferedTextEncoder};
use prometheus::TextEncoder;
use steeple_metrics::{Escaping, Format, Registry};

use crate::{
    Allocations, filled,
    race::{Contender, race},
};

const ROUNDS: usize = 31;

/// A label set has a counter and a histogram, which makes 18 lines.
const LINES_OF_LABEL_SET: usize = 18;

/// Those of a label set that has a summary: beside its quantiles the sum, the count and the counter.
const LINES_WITH_SUMMARY: usize = filled::QUANTILES.len() + 3;

/// What one line of some `lines` costs, by name, in nanoseconds.
#[must_use]
pub fn render_costs(lines: usize) -> Vec<(&'static str, f64)> {
    let summaries = lines / LINES_WITH_SUMMARY;
    let changing = filled::steeple_summaries(summaries);
    let mut contenders = contenders(lines);
    contenders.push(Contender {
        name: "steeple, summaries that changed",
        units: summaries * LINES_WITH_SUMMARY,
        run: whole(&changing),
    });
    race(ROUNDS, contenders, || {
        filled::record_again(&changing, summaries)
    })
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
    contenders(lines).into_iter().map(allocations).collect()
}

fn contenders(lines: usize) -> Vec<Contender> {
    let label_sets = lines / LINES_OF_LABEL_SET;
    let contender = |name, run| Contender {
        name,
        units: label_sets * LINES_OF_LABEL_SET,
        run,
    };
    let steeple = filled::steeple(label_sets);
    let exemplars = filled::steeple_exemplars(label_sets);
    let native = filled::steeple_native(label_sets);
    let with_summaries = lines / LINES_WITH_SUMMARY;
    let summaries = filled::steeple_summaries(with_summaries);
    let exporter = filled::metrics_exporter_prometheus(label_sets).handle();
    let client = filled::prometheus_client(label_sets);
    let prometheus = filled::prometheus(label_sets);
    let measured = filled::measured(label_sets);
    let mut encoder = BufferedTextEncoder::new();
    vec![
        contender("steeple", whole(&steeple)),
        contender(
            "metrics-exporter-prometheus",
            Box::new(move || drop(black_box(exporter.render()))),
        ),
        contender(
            "prometheus-client",
            Box::new(move || {
                let mut text = String::new();
                let encoded = prometheus_client::encoding::text::encode(&mut text, &client);
                let _ = black_box((encoded, text));
            }),
        ),
        contender(
            "prometheus",
            Box::new(move || {
                let encoded = TextEncoder::new().encode_to_string(&prometheus.gather());
                let _ = black_box(encoded);
            }),
        ),
        contender(
            "measured",
            Box::new(move || {
                let Ok(()) = measured.collect_group_into(&mut encoder);
                drop(black_box(encoder.finish()));
            }),
        ),
        contender("steeple, OpenMetrics", streamed(&steeple, OPEN_METRICS)),
        contender("steeple, protobuf", streamed(&steeple, PROTOBUF)),
        contender(
            "steeple, exemplars, OpenMetrics",
            streamed(&exemplars, OPEN_METRICS),
        ),
        contender(
            "steeple, exemplars, protobuf",
            streamed(&exemplars, PROTOBUF),
        ),
        contender("steeple, native histograms", whole(&native)),
        contender(
            "steeple, native histograms, protobuf",
            streamed(&native, PROTOBUF),
        ),
        Contender {
            units: with_summaries * LINES_WITH_SUMMARY,
            ..contender("steeple, summaries", whole(&summaries))
        },
        Contender {
            units: with_summaries * LINES_WITH_SUMMARY,
            ..contender(
                "steeple, summaries, protobuf",
                streamed(&summaries, PROTOBUF),
            )
        },
    ]
}

type Render = Box<dyn FnMut()>;

const OPEN_METRICS: Format = Format::OpenMetrics(Escaping::Underscores);
const PROTOBUF: Format = Format::Protobuf(Escaping::Underscores);

fn whole(registry: &Registry) -> Render {
    let registry = registry.clone();
    Box::new(move || drop(black_box(registry.render())))
}

fn streamed(registry: &Registry, format: Format) -> Render {
    let registry = registry.clone();
    Box::new(move || {
        registry
            .exposition(format)
            .for_each(|chunk| drop(black_box(chunk)));
    })
}
