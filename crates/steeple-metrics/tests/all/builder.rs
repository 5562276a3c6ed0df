//! Settings of the builder that concern all series.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use metrics::Unit;
use steeple_metrics::{Escaping, Format, Kind, Registry, Value};

use crate::schema;

/// A registry with an overflow, all of whose series are to have the label `region`.
fn labelled() -> Registry {
    let registry = Registry::builder()
        .global_label("region", "a\"b")
        .series_limit(1)
        .created_series(true)
        .build()
        .unwrap();
    for country in ["NZ", "SE", "AR"] {
        let labels = [("country", country)];
        registry.counter("orders", &labels).unwrap().increment(1);
        registry.histogram("wait", &labels).unwrap().record(1.0);
    }
    registry.gauge("level", &[]).unwrap().set(1.0);
    registry
}

fn text(registry: &Registry, format: Format) -> String {
    String::from_utf8(registry.exposition(format).flatten().collect()).unwrap()
}

#[test]
fn global_labels_are_on_every_line_of_every_text_format() {
    let registry = labelled();
    for format in [
        Format::Text,
        Format::TextVersion1(Escaping::AllowUtf8),
        Format::OpenMetrics(Escaping::Dots),
    ] {
        let text = text(&registry, format);
        let lines: Vec<_> = text.lines().filter(|line| !line.starts_with('#')).collect();
        assert!(lines.len() > 40, "{text}");
        for line in lines {
            assert!(line.contains(r#"region="a\"b""#), "{line}");
        }
    }
    let text = registry.render();
    for line in [
        r#"orders{country="NZ",region="a\"b"} 1"#,
        r#"orders{otel_metric_overflow="true",region="a\"b"} 2"#,
        r#"steeple_metrics_overflow_total{metric="orders",region="a\"b"} 2"#,
        r#"wait_bucket{country="NZ",region="a\"b",le="1"} 1"#,
        r#"level{region="a\"b"} 1"#,
    ] {
        assert!(text.contains(line), "{line} is not in {text}");
    }
}

#[test]
fn global_labels_are_on_every_message_and_in_snapshots() {
    let registry = labelled();
    let exposition = registry.exposition(Format::Protobuf(Escaping::Underscores));
    for family in schema::decode(&exposition.flatten().collect::<Vec<_>>()) {
        for metric in &family.metric {
            let labels = metric.label.iter();
            let regions = labels.filter(|label| label.name() == "region");
            let values: Vec<_> = regions.map(|label| label.value()).collect();
            assert_eq!(values, ["a\"b"], "{family:?}");
        }
    }
    let snapshot = registry.snapshot();
    for series in snapshot.families.iter().flat_map(|family| &family.series) {
        assert_eq!(series.labels.value("region").as_deref(), Some("a\"b"));
    }
    let orders = [("region", "a\"b"), ("country", "NZ")];
    assert_eq!(
        snapshot
            .value("orders", &orders)
            .and_then(Value::as_counter),
        Some(1)
    );
    let overflow = snapshot.family("orders").unwrap().overflow();
    assert_eq!(overflow.and_then(Value::as_counter), Some(2));
}

#[test]
fn a_label_of_the_series_own_wins_over_a_global_one_however_it_is_registered() {
    let registry = Registry::builder()
        .global_label("deploy.env", "test")
        .build()
        .unwrap();
    registry
        .counter("a", &[("deploy_env", "live")])
        .unwrap()
        .increment(1);
    metrics::with_local_recorder(&registry, || {
        metrics::counter!("a", "deploy.env" => "live").increment(1);
        metrics::counter!("a").increment(5);
        metrics::counter!("a", "deploy.env" => "test").increment(5);
    });
    let text = registry.render();
    assert!(text.contains("a{deploy_env=\"live\"} 2\n"), "{text}");
    assert!(text.contains("a{deploy_env=\"test\"} 10\n"), "{text}");
}

#[test]
fn names_without_a_dot_have_suffixes_only_where_they_are_wanted() {
    let sample = |append: bool| {
        let registry = Registry::builder().unit_suffixes(append).build().unwrap();
        let describe = |kind, name, unit| registry.describe(kind, name, Some(unit), "").unwrap();
        describe(Kind::Counter, "io", Unit::Bytes);
        registry.counter("io", &[]).unwrap().increment(1);
        let text = registry.render();
        text.lines().nth(1).unwrap().to_owned()
    };
    assert_eq!(sample(false), "io 1");
    assert_eq!(sample(true), "io_bytes_total 1");
}

#[test]
fn the_default_buckets_are_those_of_every_unit() {
    let registry = Registry::builder().default_buckets(&[3.0]).build().unwrap();
    registry
        .describe(Kind::Histogram, "sizes", Some(Unit::Bytes), "")
        .unwrap();
    for name in ["sizes", "wait.duration"] {
        registry.histogram(name, &[]).unwrap().record(1.0);
    }
    let snapshot = registry.snapshot();
    for name in ["sizes", "wait_duration"] {
        let histogram = snapshot.value(name, &[]).and_then(Value::as_histogram);
        assert_eq!(histogram.unwrap().bounds(), [3.0]);
    }
}
