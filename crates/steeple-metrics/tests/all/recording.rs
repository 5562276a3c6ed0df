use std::time::Duration;

use metrics::counter;
use steeple_metrics::{Escaping, Exemplar, Format, Matcher, NativeConfig, Registry};

#[test]
fn recording_through_a_handle_allocates_nothing() {
    let registry = Registry::new();
    let counter = registry.counter("c", &[("a", "1")]).unwrap();
    let gauge = registry.gauge("g", &[]).unwrap();
    let histogram = registry.histogram("h", &[]).unwrap();
    let record = || {
        for value in 0..2_000 {
            counter.increment(1);
            gauge.set(value);
            gauge.decrement(1);
            histogram.record(value);
            histogram.record(f64::NAN);
        }
    };
    // What is recorded into often is striped, and a thread that records often takes a stripe.
    record();
    let info = allocation_counter::measure(record);
    assert_eq!(info.count_total, 0);
    assert_eq!(
        registry
            .snapshot()
            .value("c", &[("a", "1")])
            .unwrap()
            .as_counter(),
        Some(4_000)
    );
}

#[test]
fn a_series_of_few_records_takes_little_memory() {
    let registry = Registry::new();
    let register = |route: &str| registry.histogram("h", &[("route", route)]).unwrap();
    register("first").record(0.0);
    let info = allocation_counter::measure(|| register("second").record(0.0));
    assert!(info.bytes_current < 400, "{}", info.bytes_current);
}

#[test]
fn exemplars_are_allocated_once_and_only_where_there_are_any() {
    let record_new = |exemplar: Option<Exemplar>| {
        let registry = Registry::builder().exemplar_source(move || exemplar);
        let histogram = registry.build().unwrap().histogram("h", &[]).unwrap();
        allocation_counter::measure(|| (0..900).for_each(|value| histogram.record(value)))
    };
    assert_eq!(record_new(None).count_total, 0);
    let traced = record_new(Some(Exemplar::new([1; 16], [1; 8])));
    assert_eq!(traced.count_total, 2);
    assert!(traced.bytes_total <= 15 * 56 + 64, "{}", traced.bytes_total);
}

#[test]
fn looking_up_a_known_series_by_static_labels_allocates_nothing() {
    let registry = Registry::new();
    let record = || counter!("c", "a" => "1").increment(1);
    metrics::with_local_recorder(&registry, record);
    let info = allocation_counter::measure(|| metrics::with_local_recorder(&registry, record));
    assert_eq!(info.count_total, 0);
    assert_eq!(
        registry
            .snapshot()
            .value("c", &[("a", "1")])
            .unwrap()
            .as_counter(),
        Some(2)
    );
}

#[test]
fn global_labels_take_nothing_from_the_look_up_of_a_known_series() {
    let builder = Registry::builder().global_label("region", "a\"b");
    let registry = builder.global_label("zone", "1").build().unwrap();
    let record = || counter!("c", "route" => "/", "tenant" => "1").increment(1);
    metrics::with_local_recorder(&registry, record);
    let info = allocation_counter::measure(|| metrics::with_local_recorder(&registry, record));
    assert_eq!(info.count_total, 0);
    let line = r#"c{region="a\"b",route="/",tenant="1",zone="1"} 2"#;
    assert!(registry.render().contains(line));
}

#[test]
fn a_summary_allocates_only_where_no_observation_was_before() {
    let registry = Registry::builder().default_summary(&[0.5]).build().unwrap();
    let histogram = registry.histogram("h", &[]).unwrap();
    let record = || (0..2_000).for_each(|value| histogram.record(f64::from(value)));
    let runs: Vec<_> = (0..20)
        .map(|_| allocation_counter::measure(record))
        .collect();
    // Two at first, and two from when the thread gets buckets of its own, which may be in the middle of one.
    let allocating = runs.iter().filter(|run| run.count_total > 0).count();
    assert!(allocating <= 4, "{runs:?}");
    let bytes: i64 = runs.iter().map(|run| run.bytes_current).sum();
    assert!(bytes < 2 * 24 * 1_024, "{bytes}");
}

#[test]
fn nothing_accumulates_while_nobody_looks() {
    let registry = Registry::new();
    let histogram = registry.histogram("h", &[]).unwrap();
    (0..2_000).for_each(|value| histogram.record(value));
    let info =
        allocation_counter::measure(|| (0..1_000_000).for_each(|value| histogram.record(value)));
    assert_eq!((info.bytes_current, info.bytes_total), (0, 0));
}

#[test]
fn numbers_at_their_limits_panic_nowhere() {
    let native = NativeConfig::new()
        .max_buckets(2)
        .max_zero_threshold(1.0)
        .min_reset_duration(Duration::ZERO);
    let registry = Registry::builder()
        .summary(Matcher::full("summary"), &[0.5, 0.99])
        .native_histograms(Matcher::full("native"), native)
        .build()
        .unwrap();
    let render = || {
        let formats = [
            Format::Text,
            Format::OpenMetrics(Escaping::default()),
            Format::Protobuf(Escaping::default()),
        ];
        formats.map(|format| registry.exposition(format).flatten().count())
    };
    let values = [
        0.0,
        -0.0,
        1.0,
        -7.0,
        f64::MAX,
        f64::MIN,
        f64::MIN_POSITIVE,
        f64::INFINITY,
        f64::NEG_INFINITY,
        f64::NAN,
    ];
    let histograms = ["classic", "native", "summary"].map(|name| registry.histogram(name, &[]));
    let gauge = registry.gauge("gauge", &[]).unwrap();
    let counter = registry.counter("counter", &[]).unwrap();
    for value in values {
        for histogram in histograms.iter().flatten() {
            histogram.record_many(value, usize::MAX);
            histogram.record_many(value, 2);
        }
        gauge.increment(value);
        gauge.set(value);
        gauge.decrement(value);
        counter.increment(u64::MAX);
        counter.absolute(u64::MAX);
        let written = render();
        assert!(
            written.iter().all(|bytes| *bytes > 0),
            "{value}: {written:?}"
        );
    }
}
