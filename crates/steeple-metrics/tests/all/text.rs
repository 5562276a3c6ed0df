use std::collections::{BTreeMap, BTreeSet};

use metrics::Unit;
use proptest::{collection::vec, prelude::*};
use steeple_metrics::{Format, Kind, Matcher, Registry, Value};

use crate::parser::{Family, parse};

/// The text without the registry's own metrics.
fn users_part(registry: &Registry) -> String {
    let text = registry.render();
    let own = text
        .find("# HELP steeple_metrics_")
        .expect("own metrics are there");
    text[..own].to_owned()
}

#[test]
fn the_text_is_exactly_the_format_of_the_specification() {
    let registry = Registry::builder()
        .buckets(Matcher::full("b.wait"), &[0.5, 1.0])
        .build()
        .unwrap();
    registry
        .describe(
            Kind::Histogram,
            "b.wait",
            Some(Unit::Seconds),
            "Time\nin the \"queue\" \\o/",
        )
        .unwrap();
    let wait = registry.histogram("b.wait", &[("queue", "a\"b")]).unwrap();
    wait.record(0.25);
    wait.record(1.0);
    wait.record(8.0);
    drop(registry.histogram("c", &[]).unwrap());
    registry
        .counter("a.jobs", &[("z", "1"), ("b", "x\ny")])
        .unwrap()
        .increment(7);
    registry.counter("a.jobs", &[]).unwrap().increment(1);
    registry.gauge("a_level", &[]).unwrap().set(-0.5);

    let text = users_part(&registry);
    let (before, _) = text.split_once("# TYPE c").unwrap();
    assert_eq!(
        before,
        r##"# TYPE a_jobs_total counter
a_jobs_total 1
a_jobs_total{b="x\ny",z="1"} 7
# TYPE a_level gauge
a_level -0.5
# HELP b_wait_seconds Time\nin the "queue" \\o/
# TYPE b_wait_seconds histogram
b_wait_seconds_bucket{queue="a\"b",le="0.5"} 1
b_wait_seconds_bucket{queue="a\"b",le="1"} 2
b_wait_seconds_bucket{queue="a\"b",le="+Inf"} 3
b_wait_seconds_sum{queue="a\"b"} 9.25
b_wait_seconds_count{queue="a\"b"} 3
"##
    );
    assert!(text.contains("c_bucket{le=\"0.005\"} 0\n") && text.contains("c_sum 0\nc_count 0\n"));
}

#[test]
fn a_metric_that_is_only_described_is_not_rendered() {
    let registry = Registry::new();
    registry
        .describe(Kind::Counter, "never.used", None, "Never used.")
        .unwrap();
    assert_eq!(users_part(&registry), "");
    assert!(registry.snapshot().family("never_used_total").is_none());
}

#[test]
fn chunks_are_bounded_and_make_up_the_text() {
    let registry = Registry::new();
    for route in 0..500 {
        registry
            .histogram("h", &[("route", &route.to_string())])
            .unwrap()
            .record(1.0);
    }
    let chunks: Vec<_> = registry.exposition(Format::Text).collect();
    assert!(chunks.len() > 10);
    let (last, full) = chunks.split_last().unwrap();
    assert!(
        full.iter()
            .all(|chunk| (16 * 1_024..20 * 1_024).contains(&chunk.len()))
    );
    assert!(last.len() < 20 * 1_024);
    let text = String::from_utf8(chunks.concat()).unwrap();
    assert_eq!(text, registry.render());
    assert_eq!(parse(&text)["h"].samples.len(), 500 * 17);
}

#[test]
fn recording_and_registering_are_possible_while_a_reader_pauses() {
    let registry = Registry::new();
    let counter = |series: u32| {
        let labels = [("series", &*format!("{series:04}"))];
        registry.counter("a", &labels).unwrap()
    };
    let counters: Vec<_> = (0..1_500).map(counter).collect();
    let mut exposition = registry.exposition(Format::Text);
    let first = exposition.next().unwrap();
    counters.iter().for_each(|counter| counter.increment(1));
    counter(1_500).increment(1);
    registry.counter("b", &[]).unwrap().increment(1);
    let bytes = first.into_iter().chain(exposition.flatten()).collect();
    let text = String::from_utf8(bytes).unwrap();
    let samples = &parse(&text)["a"].samples;
    let values = [0, 1_499, 1_500].map(|series| samples[series].2);
    assert_eq!(values, [0.0, 1.0, 1.0]);
    assert!(registry.render().contains("\nb 1\n"));
}

#[test]
fn quotes_and_backslashes_do_not_make_two_series_one() {
    let registry = Registry::new();
    for value in ["\"", "\\\"", "\\", "\\\\", "\n", "\\n", "n"] {
        registry.counter("c", &[("v", value)]).unwrap().increment(1);
    }
    let families = parse(&registry.render());
    assert_eq!(families["c"].samples.len(), 7);
}

#[derive(Debug, Clone)]
enum Operation {
    Counter(u64),
    Gauge(f64),
    Histogram(f64),
}

fn operation() -> impl Strategy<Value = Operation> {
    prop_oneof![
        (0..u64::from(u32::MAX)).prop_map(Operation::Counter),
        any::<f64>().prop_map(Operation::Gauge),
        any::<f64>().prop_map(Operation::Histogram),
    ]
}

fn label_value() -> impl Strategy<Value = String> {
    prop_oneof!["(?s).{0,12}", "[\\\\\"\nn,=}{ ]{0,6}"]
}

proptest! {
    #[test]
    fn the_text_reads_back_to_the_snapshot(
        operations in vec((operation(), 0..4_usize, vec(("[a-z_.-]{1,4}", label_value()), 0..4)), 0..40),
        help in "(?s).{1,20}",
    ) {
        let registry = Registry::new();
        metrics::with_local_recorder(&registry, || {
            metrics::describe_counter!("counter.0", help.clone());
            for (operation, name, labels) in &operations {
                match operation {
                    Operation::Counter(by) => metrics::counter!(format!("counter.{name}"), labels).increment(*by),
                    Operation::Gauge(to) => metrics::gauge!(format!("gauge.{name}"), labels).set(*to),
                    Operation::Histogram(value) => metrics::histogram!(format!("histogram.{name}"), labels).record(*value),
                }
            }
        });
        let read = parse(&registry.render());
        let snapshot = registry.snapshot();
        prop_assert_eq!(read.len(), snapshot.families.len());
        for family in &snapshot.families {
            let text = &read[&*family.name];
            prop_assert_eq!(&text.kind, family.kind.as_str());
            prop_assert_eq!(text.help.as_deref().unwrap_or_default(), &*family.help);
            for series in &family.series {
                let labels = series.labels.iter().map(|(name, value)| (name.to_owned(), value.into_owned())).collect();
                assert_same(text, &family.name, &labels, &series.value);
            }
        }
    }

    #[test]
    fn distinct_label_sets_are_distinct_series(sets in vec((label_value(), label_value()), 1..30)) {
        let registry = Registry::new();
        for (a, b) in &sets {
            registry.counter("c", &[("b", b), ("a", a)]).unwrap().increment(1);
        }
        let distinct: BTreeSet<_> = sets.iter().collect();
        let families = parse(&registry.render());
        prop_assert_eq!(families["c"].samples.len(), distinct.len());
        let total: f64 = families["c"].samples.iter().map(|(_, _, value)| value).sum();
        prop_assert_eq!(total, sets.len() as f64);
    }
}

fn assert_same(text: &Family, name: &str, labels: &BTreeMap<String, String>, value: &Value) {
    let sample = |suffix: &str, le: Option<&str>| {
        let mut labels = labels.clone();
        labels.extend(le.map(|le| ("le".to_owned(), le.to_owned())));
        let name = format!("{name}{suffix}");
        let found = text
            .samples
            .iter()
            .find(|sample| sample.0 == name && sample.1 == labels);
        found.unwrap_or_else(|| panic!("{name} {labels:?}")).2
    };
    let same = |left: f64, right: f64| {
        assert!(left.to_bits() == right.to_bits() || (left.is_nan() && right.is_nan()))
    };
    match value {
        Value::Counter(total) => same(sample("", None), *total as f64),
        Value::Gauge(value) => same(sample("", None), *value),
        Value::Histogram(distribution) => {
            same(sample("_sum", None), distribution.sum());
            same(sample("_count", None), distribution.count() as f64);
            same(sample("_bucket", Some("+Inf")), distribution.count() as f64);
            let mut below = 0;
            for (bound, count) in distribution.bounds().iter().zip(distribution.buckets()) {
                below += count;
                same(sample("_bucket", Some(&bound.to_string())), below as f64);
            }
        }
        other => panic!("{other:?} is not tested"),
    }
}
