//! One counter increment by labels that are known only at run time, for a series that is there.

use std::hint::black_box;

use measured::{CounterVec, LabelGroup, lasso::ThreadedRodeo};
use metrics_exporter_prometheus::PrometheusRecorder;
use prometheus::{IntCounterVec, Opts};
use prometheus_client::metrics::{counter::Counter, family::Family};
use steeple_metrics::Registry;

use crate::{
    Allocations, peers,
    race::{Contender, race},
    record::BOUNDS,
};

const ROUNDS: usize = 41;
const RECORDS: usize = 10_000;

/// What one record costs, by name, in nanoseconds.
#[must_use]
pub fn lookup_costs() -> Vec<(&'static str, f64)> {
    race(ROUNDS, contenders(), || {})
}

/// How often one record allocates, by name.
#[must_use]
pub fn lookup_allocations() -> Vec<(&'static str, f64)> {
    let allocations = |mut contender: Contender| {
        (contender.run)();
        let allocated = Allocations::of(&mut contender.run);
        (
            contender.name,
            allocated.count as f64 / contender.units as f64,
        )
    };
    contenders().into_iter().map(allocations).collect()
}

/// Installs the process's recorder.
fn contenders() -> Vec<Contender> {
    let registry = Registry::new();
    if let Err(error) = registry.install() {
        panic!("a process looks up once: {error}");
    }
    let exporter = peers::prometheus_recorder(&BOUNDS);
    let counters = prometheus_counters();
    let measured = CounterVec::<MeasuredLabelSet>::new();
    let client = Family::<Vec<(&'static str, String)>, Counter>::default();
    vec![
        contender("steeple", |route, status| {
            steeple_metrics::counter!("requests", "route" => route, "status" => status)
                .increment(1);
        }),
        contender("steeple, by the facade's macro", by_the_facade),
        exporter_contender(exporter),
        contender("prometheus", move |route, status| {
            counters.with_label_values(&[route, status]).inc();
        }),
        contender("measured", move |route, status| {
            measured.inc(MeasuredLabels { route, status });
        }),
        contender("prometheus-client", move |route, status| {
            let labels = vec![("route", route.to_owned()), ("status", status.to_owned())];
            client.get_or_create(&labels).inc();
        }),
    ]
}

#[derive(LabelGroup)]
#[label(set = MeasuredLabelSet)]
struct MeasuredLabels<'a> {
    #[label(dynamic_with = ThreadedRodeo, default)]
    route: &'a str,
    #[label(dynamic_with = ThreadedRodeo, default)]
    status: &'a str,
}

fn by_the_facade(route: &str, status: &str) {
    metrics::counter!("requests", "route" => route.to_owned(), "status" => status.to_owned())
        .increment(1);
}

fn contender(name: &'static str, record: impl Fn(&str, &str) + 'static) -> Contender {
    let labels = labels();
    Contender {
        name,
        units: RECORDS,
        run: Box::new(move || record_all(&labels, &record)),
    }
}

fn exporter_contender(exporter: PrometheusRecorder) -> Contender {
    let labels = labels();
    Contender {
        name: "metrics-exporter-prometheus",
        units: RECORDS,
        run: Box::new(move || {
            metrics::with_local_recorder(&exporter, || record_all(&labels, &by_the_facade));
        }),
    }
}

fn record_all(labels: &[(String, String)], record: &impl Fn(&str, &str)) {
    for (route, status) in labels.iter().cycle().take(RECORDS) {
        record(black_box(route), black_box(status));
    }
}

/// 60 series.
fn labels() -> Vec<(String, String)> {
    let routes = (0..20).map(|route| format!("/orders/{{order}}/items/{route}"));
    routes
        .flat_map(|route| ["200", "404", "500"].map(|status| (route.clone(), status.to_owned())))
        .collect()
}

fn prometheus_counters() -> IntCounterVec {
    let options = Opts::new("requests", "Requests");
    match IntCounterVec::new(options, &["route", "status"]) {
        Ok(counters) => counters,
        Err(error) => panic!("the benches name valid metrics: {error}"),
    }
}
