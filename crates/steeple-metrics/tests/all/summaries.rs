//! Histograms that are exposed by their quantiles.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    thread,
    time::{Duration, Instant},
};

use metrics::Unit;
use steeple_metrics::{Escaping, Format, Kind, Matcher, NativeConfig, Registry, Value};

use crate::schema::{self, MetricType};

/// A registry whose histogram `a.wait` has two quantiles.
fn registry() -> Registry {
    let registry = Registry::builder()
        .summary(Matcher::full("a.wait"), &[0.99, 0.5])
        .created_series(true)
        .build()
        .unwrap();
    let described = registry.describe(Kind::Histogram, "a.wait", Some(Unit::Seconds), "");
    described.unwrap();
    registry
}

fn text(registry: &Registry, format: Format) -> String {
    let text = String::from_utf8(registry.exposition(format).flatten().collect()).unwrap();
    let (users, _) = text.split_once("# HELP steeple_metrics_").unwrap();
    users.to_owned()
}

#[test]
fn the_text_is_exactly_that_of_a_summary() {
    let registry = registry();
    let wait = registry.histogram("a.wait", &[("queue", "b")]).unwrap();
    assert_eq!(
        text(&registry, Format::Text),
        r##"# TYPE a_wait_seconds summary
a_wait_seconds{queue="b",quantile="0.5"} NaN
a_wait_seconds{queue="b",quantile="0.99"} NaN
a_wait_seconds_sum{queue="b"} 0
a_wait_seconds_count{queue="b"} 0
"##
    );
    (0..3).for_each(|_| wait.record(0.0));
    wait.record(f64::INFINITY);
    assert_eq!(
        text(&registry, Format::Text),
        r##"# TYPE a_wait_seconds summary
a_wait_seconds{queue="b",quantile="0.5"} 0
a_wait_seconds{queue="b",quantile="0.99"} 0
a_wait_seconds_sum{queue="b"} +Inf
a_wait_seconds_count{queue="b"} 4
"##
    );
}

#[test]
fn open_metrics_tells_quantiles_and_creation_but_nothing_negative() {
    let registry = registry();
    let exposed = || text(&registry, Format::OpenMetrics(Escaping::Underscores));
    let wait = registry.histogram("a.wait", &[]).unwrap();
    wait.record(0.0);
    let text = exposed();
    let start = "# TYPE a_wait_seconds summary\n# UNIT a_wait_seconds seconds\n\
        a_wait_seconds{quantile=\"0.5\"} 0\na_wait_seconds{quantile=\"0.99\"} 0\n\
        a_wait_seconds_sum 0\na_wait_seconds_count 1\na_wait_seconds_created ";
    assert!(text.starts_with(start), "{text}");
    (0..3).for_each(|_| wait.record(-1.0));
    wait.record(100.0);
    let text = exposed();
    assert!(!text.contains("0.5") && !text.contains("_sum"), "{text}");
    assert!(text.contains("a_wait_seconds{quantile=\"0.99\"} 0\n"));
    assert!(
        registry
            .render()
            .contains("a_wait_seconds{quantile=\"0.5\"} -0.99")
    );
}

#[test]
fn a_message_tells_what_the_snapshot_tells() {
    let registry = registry();
    let wait = registry.histogram("a.wait", &[]).unwrap();
    (1..=100).for_each(|value| wait.record(f64::from(value)));
    let exposition = registry.exposition(Format::Protobuf(Escaping::Underscores));
    let families = schema::decode(&exposition.flatten().collect::<Vec<_>>());
    assert_eq!(families[0].r#type(), MetricType::Summary);
    assert_eq!(families[0].unit(), "seconds");
    let message = families[0].metric[0].summary.as_ref().unwrap();
    let snapshot = registry.snapshot();
    let family = snapshot.family("a_wait_seconds").unwrap();
    let summary = family.value(&[]).and_then(Value::as_summary).unwrap();
    let told = message.quantile.iter();
    let told: Vec<_> = told.map(|told| (told.quantile(), told.value())).collect();
    assert_eq!(told, summary.quantiles().collect::<Vec<_>>());
    assert_eq!(
        (message.sample_count(), message.sample_sum()),
        (100, 5_050.0)
    );
    assert!(message.created_timestamp.is_some());
    assert_eq!((summary.count(), summary.sum()), (100, 5_050.0));
    assert_eq!(family.kind, Kind::Histogram);
    assert!(family.value(&[]).unwrap().as_histogram().is_none());
}

#[test]
fn quantiles_are_within_one_percent_of_the_exact_ones_whatever_the_distribution() {
    let quantiles = [0.0, 0.05, 0.5, 0.9, 0.99, 0.999, 1.0];
    let registry = Registry::builder()
        .default_summary(&quantiles)
        .build()
        .unwrap();
    let mut seed = 1_u64;
    let mut uniform = move || {
        seed = seed
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (seed >> 11) as f64 / (1_u64 << 53) as f64
    };
    let mut draw = |name: &str| match name {
        "exponential" => -0.05 * (1.0 - uniform()).ln(),
        "bimodal" if uniform() < 0.5 => 0.001 + 0.0001 * uniform(),
        "bimodal" => 3.0 + uniform(),
        _ => 0.01 * (1.0 - uniform()).powf(-1.5),
    };
    for name in ["exponential", "bimodal", "pareto"] {
        let mut values: Vec<_> = (0..50_000).map(|_| draw(name)).collect();
        let histogram = registry.histogram(name, &[]).unwrap();
        values.iter().for_each(|value| histogram.record(*value));
        values.sort_unstable_by(f64::total_cmp);
        let snapshot = registry.snapshot();
        let summary = snapshot
            .value(name, &[])
            .and_then(Value::as_summary)
            .unwrap();
        for (quantile, value) in summary.quantiles() {
            let exact = values[(quantile * 49_999.0) as usize];
            assert!(
                (value / exact - 1.0).abs() < 0.01,
                "{name} {quantile}: {value} for {exact}"
            );
        }
        let sum: f64 = values.iter().sum();
        assert!((summary.sum() / sum - 1.0).abs() < 1e-9);
        assert_eq!(summary.count(), 50_000);
    }
}

#[test]
fn a_window_that_was_set_forgets_after_its_time_what_sum_and_count_keep() {
    let registry = Registry::builder()
        .default_summary(&[0.5])
        .summary_window(Duration::from_secs(1))
        .build()
        .unwrap();
    let begin = Instant::now();
    registry.histogram("h", &[]).unwrap().record(2.0);
    loop {
        let snapshot = registry.snapshot();
        let summary = snapshot
            .value("h", &[])
            .and_then(Value::as_summary)
            .unwrap();
        assert_eq!((summary.count(), summary.sum()), (1, 2.0));
        let age = begin.elapsed();
        if summary.quantile(0.5).unwrap().is_nan() {
            assert!(age > Duration::from_millis(600), "{age:?}");
            break;
        }
        assert!(age < Duration::from_secs(10), "{age:?}");
        thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn rules_tell_which_histograms_are_summaries() {
    let registry = Registry::builder()
        .buckets(Matcher::full("classic"), &[1.0])
        .native_histograms(Matcher::full("native"), NativeConfig::new())
        .default_buckets(&[1.0])
        .default_summary(&[0.5])
        .build()
        .unwrap();
    for name in ["classic", "native", "other"] {
        registry.histogram(name, &[]).unwrap().record(1.0);
    }
    let snapshot = registry.snapshot();
    let is_summary = |name| {
        snapshot
            .value(name, &[])
            .and_then(Value::as_summary)
            .is_some()
    };
    assert_eq!(
        ["classic", "native", "other"].map(is_summary),
        [false, false, true]
    );
}

#[test]
fn a_label_named_quantile_is_set_aside() {
    let registry = registry();
    metrics::with_local_recorder(&registry, || {
        metrics::histogram!("a.wait", "quantile" => "0.5").record(1.0);
    });
    assert!(text(&registry, Format::Text).contains(r#"{exported_quantile="0.5",quantile="0.5"}"#));
    assert!(registry.histogram("a.wait", &[("quantile", "1")]).is_err());
}

#[test]
fn what_is_beyond_the_limit_of_series_is_in_a_summary_too() {
    let registry = Registry::builder()
        .default_summary(&[0.5])
        .series_limit(1)
        .build()
        .unwrap();
    for user in ["1", "2", "3"] {
        registry
            .histogram("h", &[("user", user)])
            .unwrap()
            .record(1.0);
    }
    let snapshot = registry.snapshot();
    let overflow = snapshot.family("h").unwrap().overflow();
    assert_eq!(overflow.and_then(Value::as_summary).unwrap().count(), 2);
}
