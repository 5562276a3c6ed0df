use metrics::Unit;
use steeple_metrics::{Escaping, Format, Kind, Matcher, Registry};

use crate::schema::{self, Bucket, LabelPair, MetricFamily, MetricType};

fn families(registry: &Registry) -> Vec<MetricFamily> {
    let exposition = registry.exposition(Format::Protobuf(Escaping::Underscores));
    schema::decode(&exposition.flatten().collect::<Vec<_>>())
}

fn pair(name: &str, value: &str) -> LabelPair {
    LabelPair {
        name: Some(name.to_owned()),
        value: Some(value.to_owned()),
    }
}

#[test]
fn messages_read_back_as_the_metrics_they_are() {
    let registry = Registry::builder()
        .buckets(Matcher::full("b.wait"), &[0.5, 1.0])
        .build()
        .unwrap();
    let describe = |kind, name, unit| registry.describe(kind, name, Some(unit), "In \"words\".");
    describe(Kind::Histogram, "b.wait", Unit::Seconds).unwrap();
    describe(Kind::Counter, "a.io", Unit::Bytes).unwrap();
    let labels = [("z", "1"), ("b", "x\"y\n\\")];
    registry.counter("a.io", &labels).unwrap().increment(7);
    registry.gauge("c", &[]).unwrap().set(-0.5);
    let wait = registry.histogram("b.wait", &[]).unwrap();
    for value in [0.25, 0.75, 8.0] {
        wait.record(value);
    }

    let [counter, histogram, gauge, ..] = &families(&registry)[..] else {
        panic!("three metrics come first");
    };
    assert_eq!(counter.name(), "a_io_bytes_total");
    assert_eq!(
        (counter.r#type(), counter.unit()),
        (MetricType::Counter, "bytes")
    );
    assert_eq!(counter.help(), "In \"words\".");
    assert_eq!(
        counter.metric[0].label,
        [pair("b", "x\"y\n\\"), pair("z", "1")]
    );
    let total = counter.metric[0].counter.as_ref().unwrap();
    assert_eq!((total.value(), &total.created_timestamp), (7.0, &None));

    assert_eq!((gauge.name(), gauge.r#type()), ("c", MetricType::Gauge));
    assert_eq!((&gauge.help, &gauge.unit), (&None, &None));
    assert_eq!(gauge.metric[0].gauge.as_ref().unwrap().value(), -0.5);

    assert_eq!(histogram.name(), "b_wait_seconds");
    assert_eq!(
        (histogram.r#type(), histogram.unit()),
        (MetricType::Histogram, "seconds")
    );
    let distribution = histogram.metric[0].histogram.as_ref().unwrap();
    assert_eq!(
        (distribution.sample_count(), distribution.sample_sum()),
        (3, 9.0)
    );
    let bucket = |count, bound| Bucket {
        cumulative_count: Some(count),
        upper_bound: Some(bound),
        exemplar: None,
    };
    assert_eq!(
        distribution.bucket,
        [bucket(1, 0.5), bucket(2, 1.0), bucket(3, f64::INFINITY)]
    );
    assert_eq!(
        (&distribution.schema, &distribution.positive_span[..]),
        (&None, &[][..])
    );
}

#[test]
fn a_metric_is_one_message_however_many_series_it_has() {
    let registry = Registry::new();
    for series in 0..1_500 {
        let labels = [("series", &*format!("{series:04}"))];
        registry.histogram("h", &labels).unwrap().record(1.0);
    }
    let chunks: Vec<_> = registry
        .exposition(Format::Protobuf(Escaping::Underscores))
        .collect();
    assert!(chunks.len() > 10);
    assert!(chunks.iter().all(|chunk| chunk.len() < 17 * 1_024));
    let families = schema::decode(&chunks.concat());
    let names: Vec<_> = families.iter().map(MetricFamily::name).collect();
    assert_eq!(names[0], "h");
    assert!(names.windows(2).all(|pair| pair[0] < pair[1]));
    let series = families[0]
        .metric
        .iter()
        .map(|metric| metric.label[0].value());
    assert!(series.eq((0..1_500).map(|series| format!("{series:04}"))));
}

#[test]
fn creation_times_are_told_where_they_are_wanted() {
    let registry = Registry::builder().created_series(true).build().unwrap();
    drop(registry.counter("c", &[]).unwrap());
    drop(registry.histogram("h", &[]).unwrap());
    let families = families(&registry);
    let counter = families[0].metric[0].counter.as_ref().unwrap();
    let histogram = families[1].metric[0].histogram.as_ref().unwrap();
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap();
    for created in [&counter.created_timestamp, &histogram.created_timestamp] {
        let created = created.as_ref().unwrap();
        assert!(now.as_secs().abs_diff(created.seconds as u64) < 60);
        assert!((0..1_000_000_000).contains(&created.nanos));
    }
}
