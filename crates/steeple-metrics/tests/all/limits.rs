use std::sync::{Arc, Mutex};

use metrics::counter;
use proptest::{collection::vec, prelude::*};
use steeple_metrics::{Kind, RegisterError, Registry, Snapshot, Value};

const OVERFLOW: &[(&str, &str)] = &[("otel_metric_overflow", "true")];

fn overflow_total(snapshot: &Snapshot, name: &str) -> Option<u64> {
    snapshot.family(name)?.overflow()?.as_counter()
}

fn sum(snapshot: &Snapshot, name: &str) -> u64 {
    snapshot
        .family(name)
        .expect("the metric is there")
        .series
        .iter()
        .filter_map(|series| series.value.as_counter())
        .sum()
}

#[test]
fn beyond_the_limit_of_a_metric_the_total_stays_exact() {
    let registry = Registry::new();
    metrics::with_local_recorder(&registry, || {
        for path in 0..10_000 {
            counter!("hits", "path" => path.to_string()).increment(1);
        }
        counter!("others", "route" => "/new").increment(1);
    });
    let snapshot = registry.snapshot();
    assert_eq!(snapshot.family("hits").unwrap().series.len(), 2_001);
    assert_eq!(overflow_total(&snapshot, "hits"), Some(8_000));
    assert_eq!(sum(&snapshot, "hits"), 10_000);
    assert_eq!(
        snapshot
            .value("others", &[("route", "/new")])
            .and_then(Value::as_counter),
        Some(1)
    );
    let overflowed = snapshot.value("steeple_metrics_overflow_total", &[("metric", "hits")]);
    assert_eq!(overflowed.and_then(Value::as_counter), Some(8_000));
}

#[test]
fn series_that_are_there_keep_working_at_the_limit() {
    let registry = Registry::builder().series_limit(1).build().unwrap();
    drop(registry.counter("c", &[("a", "1")]).unwrap());
    registry.counter("c", &[("a", "2")]).unwrap().increment(5);
    registry.counter("c", &[("a", "1")]).unwrap().increment(7);
    let snapshot = registry.snapshot();
    assert_eq!(
        snapshot
            .value("c", &[("a", "1")])
            .and_then(Value::as_counter),
        Some(7)
    );
    assert_eq!(overflow_total(&snapshot, "c"), Some(5));
}

#[test]
fn at_the_total_limit_a_new_metric_still_has_its_exact_total() {
    let registry = Registry::builder().total_series_limit(20).build().unwrap();
    for series in 0..30 {
        registry
            .counter("a", &[("series", &series.to_string())])
            .unwrap()
            .increment(1);
    }
    registry
        .counter("b", &[("series", "1")])
        .unwrap()
        .increment(3);
    let snapshot = registry.snapshot();
    assert_eq!(sum(&snapshot, "a"), 30);
    assert_eq!(overflow_total(&snapshot, "b"), Some(3));
}

#[test]
fn the_number_of_series_is_a_metric() {
    let registry = Registry::new();
    let series = |registry: &Registry| {
        registry
            .snapshot()
            .value("steeple_metrics_series", &[])
            .unwrap()
            .as_gauge()
            .unwrap()
    };
    let before = series(&registry);
    drop(registry.gauge("a", &[]).unwrap());
    drop(registry.gauge("a", &[("b", "c")]).unwrap());
    drop(registry.gauge("a", &[("b", "c")]).unwrap());
    assert_eq!(series(&registry), before + 2.0);
    let held: usize = registry
        .snapshot()
        .families
        .iter()
        .map(|family| family.series.len())
        .sum();
    assert_eq!(series(&registry), held as f64);
}

#[test]
fn an_overflow_is_told_once_for_each_metric_outside_any_lock() {
    let told = Arc::new(Mutex::new(Vec::new()));
    let own = Arc::new(Mutex::new(None::<Registry>));
    let (sink, handle) = (Arc::clone(&told), Arc::clone(&own));
    let registry = Registry::builder()
        .series_limit(1)
        .on_overflow(move |metric| {
            let registry = handle.lock().unwrap().clone().unwrap();
            registry.counter("told", &[]).unwrap().increment(1);
            sink.lock().unwrap().push(metric.to_owned());
        })
        .build()
        .unwrap();
    *own.lock().unwrap() = Some(registry.clone());
    for name in ["x.y", "z"] {
        for value in ["1", "2", "3", "4"] {
            drop(registry.counter(name, &[("a", value)]).unwrap());
        }
    }
    assert_eq!(*told.lock().unwrap(), ["x_y_total", "z"]);
    *own.lock().unwrap() = None;
}

#[test]
fn a_callback_that_panics_harms_nobody() {
    let registry = Registry::builder()
        .series_limit(1)
        .on_overflow(|_| panic!("callback"))
        .build()
        .unwrap();
    drop(registry.counter("c", &[("a", "1")]).unwrap());
    registry.counter("c", &[("a", "2")]).unwrap().increment(1);
    assert_eq!(overflow_total(&registry.snapshot(), "c"), Some(1));
}

#[test]
fn metric_names_are_limited() {
    let registry = Registry::builder().metric_limit(5).build().unwrap();
    metrics::with_local_recorder(&registry, || {
        for name in 0..100 {
            counter!(format!("metric_{name}")).increment(1);
        }
    });
    let snapshot = registry.snapshot();
    assert_eq!(
        snapshot
            .families
            .iter()
            .filter(|family| family.name.starts_with("metric_"))
            .count(),
        5
    );
    let rejected = snapshot.value(
        "steeple_metrics_rejected_total",
        &[("reason", "too_many_metrics")],
    );
    assert_eq!(rejected.and_then(Value::as_counter), Some(95));
    let error = registry.counter("one_more", &[]).unwrap_err();
    assert!(matches!(
        error,
        RegisterError::TooManyMetrics { limit: 5, .. }
    ));
}

#[test]
fn descriptions_are_limited() {
    let registry = Registry::builder().metric_limit(2).build().unwrap();
    let describe = |name| registry.describe(Kind::Counter, name, None, "Help.");
    describe("a").unwrap();
    describe("b").unwrap();
    describe("a").unwrap();
    assert!(matches!(
        describe("c"),
        Err(RegisterError::TooManyMetrics { limit: 2, .. })
    ));
}

#[test]
fn a_huge_label_goes_to_the_overflow_series() {
    let registry = Registry::new();
    registry
        .counter("c", &[("cookie", &"x".repeat(5_000))])
        .unwrap()
        .increment(2);
    assert_eq!(overflow_total(&registry.snapshot(), "c"), Some(2));
}

#[test]
fn the_overflow_series_does_not_count_against_the_limit() {
    let registry = Registry::builder().series_limit(1).build().unwrap();
    let long = "x".repeat(5_000);
    registry.counter("c", &[("a", &long)]).unwrap().increment(2);
    for value in ["1", "2"] {
        registry.counter("c", &[("a", value)]).unwrap().increment(3);
    }
    let snapshot = registry.snapshot();
    let first = snapshot.value("c", &[("a", "1")]);
    assert_eq!(first.and_then(Value::as_counter), Some(3));
    assert_eq!(overflow_total(&snapshot, "c"), Some(5));
    assert_eq!(snapshot.family("c").unwrap().series.len(), 2);
}

#[test]
fn nobody_can_pose_as_the_overflow_series() {
    let registry = Registry::new();
    assert!(matches!(
        registry.counter("c", OVERFLOW),
        Err(RegisterError::ReservedLabel { .. })
    ));
    metrics::with_local_recorder(&registry, || counter!("c", OVERFLOW).increment(1));
    assert_eq!(overflow_total(&registry.snapshot(), "c"), None);
}

#[test]
fn registrations_beyond_the_limit_leave_no_memory_behind() {
    let registry = Registry::builder().series_limit(10).build().unwrap();
    let attack = |from: u32| {
        metrics::with_local_recorder(&registry, || {
            for path in from..from + 1_000 {
                counter!("hits", "path" => path.to_string()).increment(1);
            }
        });
    };
    // What is recorded into this often is striped from then on.
    attack(0);
    attack(1_000);
    let info = allocation_counter::measure(|| attack(2_000));
    assert_eq!((info.count_current, info.bytes_current), (0, 0));
}

proptest! {
    #[test]
    fn totals_are_exact_whatever_overflows(
        limit in 1..6_usize,
        total_limit in 1..20_usize,
        hits in vec((0..3_u8, 0..10_u8, 0..100_u64), 0..100),
    ) {
        let registry = Registry::builder().series_limit(limit).total_series_limit(total_limit).build().unwrap();
        let mut expected = [0; 3];
        for (metric, label, by) in hits {
            registry.counter(&format!("m_{metric}"), &[("label", &label.to_string())]).unwrap().increment(by);
            expected[usize::from(metric)] += by;
        }
        let snapshot = registry.snapshot();
        for (metric, expected) in expected.into_iter().enumerate() {
            let name = format!("m_{metric}");
            if let Some(family) = snapshot.family(&name) {
                prop_assert!(family.series.len() <= limit + 1);
                prop_assert_eq!(sum(&snapshot, &name), expected);
            }
        }
    }
}
