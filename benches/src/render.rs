//! Rendering the same series as Prometheus text.

use std::hint::black_box;

use prometheus::TextEncoder;

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
    let exporter = filled::metrics_exporter_prometheus(label_sets).handle();
    let client = filled::prometheus_client(label_sets);
    let prometheus = filled::prometheus(label_sets);
    vec![
        contender("steeple", move || steeple.render()),
        contender("metrics-exporter-prometheus", move || exporter.render()),
        contender("prometheus-client", move || {
            let mut text = String::new();
            match prometheus_client::encoding::text::encode(&mut text, &client) {
                Ok(()) => text,
                Err(error) => panic!("a string takes any text: {error}"),
            }
        }),
        contender("prometheus", move || {
            match TextEncoder::new().encode_to_string(&prometheus.gather()) {
                Ok(text) => text,
                Err(error) => panic!("a string takes any text: {error}"),
            }
        }),
    ]
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
