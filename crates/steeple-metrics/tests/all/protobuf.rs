use metrics::Unit;
use proptest::{collection::vec, prelude::*};
use steeple_metrics::{
    Escaping, Exemplar, Format, Kind, Matcher, NativeConfig, NativeSnapshot, Registry, Value,
};

use crate::schema::{self, Bucket, BucketSpan, Histogram, LabelPair, MetricFamily, MetricType};

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

/// A registry whose histogram `h` is a native one.
fn native(config: NativeConfig) -> Registry {
    Registry::builder()
        .native_histograms(Matcher::full("h"), config)
        .exemplar_source(|| Some(Exemplar::new([1; 16], [2; 8])))
        .build()
        .expect("valid settings")
}

fn histogram(registry: &Registry) -> Histogram {
    let families = families(registry);
    let histogram = families[0].metric[0].histogram.clone();
    histogram.expect("it is the only metric of the user")
}

/// The index and observations of each bucket.
fn buckets(spans: &[BucketSpan], deltas: &[i64]) -> Vec<(i32, u64)> {
    let mut deltas = deltas.iter();
    let (mut index, mut count) = (0, 0_i64);
    let mut buckets = Vec::new();
    for span in spans {
        index += span.offset();
        for _ in 0..span.length() {
            count += deltas.next().expect("a delta for each bucket");
            buckets.push((index, count as u64));
            index += 1;
        }
    }
    assert!(deltas.next().is_none());
    buckets
}

fn assert_same(histogram: &Histogram, native: &NativeSnapshot) {
    assert_eq!(histogram.schema, Some(native.schema.into()));
    assert_eq!(histogram.zero_threshold, Some(native.zero_threshold));
    assert_eq!(histogram.zero_count, Some(native.zero_count));
    let positive = buckets(&histogram.positive_span, &histogram.positive_delta);
    let negative = buckets(&histogram.negative_span, &histogram.negative_delta);
    assert_eq!(positive, native.positive);
    assert_eq!(negative, native.negative);
}

#[test]
fn native_buckets_are_spans_and_deltas() {
    let registry = native(NativeConfig::new().schema(0));
    let recorded = registry.histogram("h", &[]).unwrap();
    for value in [0.0, 1.5, 3.0, 3.0, 100.0, -0.3] {
        recorded.record(value);
    }
    let histogram = histogram(&registry);
    let span = |offset, length| BucketSpan {
        offset: Some(offset),
        length: Some(length),
    };
    assert_eq!((histogram.schema(), histogram.zero_count()), (0, 1));
    assert_eq!(histogram.zero_threshold(), 2_f64.powi(-128));
    // Up to 2, up to 4, and after four empty ones up to 128.
    assert_eq!(histogram.positive_span, [span(1, 2), span(4, 1)]);
    assert_eq!(histogram.positive_delta, [1, 1, -1]);
    assert_eq!(histogram.negative_span, [span(-1, 1)]);
    assert_eq!(histogram.negative_delta, [1]);
    assert_eq!(
        (histogram.sample_count(), histogram.sample_sum()),
        (6, 107.2)
    );
    assert!(histogram.bucket.is_empty());
    // One of each classic bucket that there would be: up to 0.005, where there are two values, 2.5, 5 and above 10.
    let exemplars = &histogram.exemplars;
    let values: Vec<_> = exemplars.iter().map(|exemplar| exemplar.value()).collect();
    assert_eq!(values[1..], [1.5, 3.0, 100.0]);
    assert!(
        exemplars
            .iter()
            .all(|exemplar| exemplar.timestamp.is_some())
    );
}

#[test]
fn classic_and_native_buckets_are_in_one_message() {
    let registry = native(NativeConfig::new().with_classic_buckets());
    registry.histogram("h", &[]).unwrap().record(0.3);
    let histogram = histogram(&registry);
    assert_eq!(
        (histogram.bucket.len(), histogram.positive_delta.len()),
        (15, 1)
    );
    assert!(histogram.bucket[7].exemplar.is_some());
    assert!(histogram.exemplars.is_empty());
}

#[test]
fn a_classic_histogram_that_follows_a_native_one_stays_classic() {
    let registry = native(NativeConfig::new());
    registry.histogram("h", &[]).unwrap().record(0.3);
    drop(registry.histogram("i", &[]).unwrap());
    let families = families(&registry);
    let classic = families[1].metric[0].histogram.as_ref().unwrap();
    assert_eq!((classic.bucket.len(), &classic.schema), (15, &None));
    assert!(classic.positive_span.is_empty() && classic.bucket[14].exemplar.is_none());
}

#[test]
fn a_native_histogram_of_nothing_does_not_look_like_a_classic_one() {
    let registry = native(NativeConfig::new().zero_threshold(0.0));
    drop(registry.histogram("h", &[]).unwrap());
    let histogram = histogram(&registry);
    let no_bucket = BucketSpan {
        offset: Some(0),
        length: Some(0),
    };
    assert_eq!(histogram.positive_span, [no_bucket]);
    assert!(histogram.positive_delta.is_empty() && histogram.negative_span.is_empty());
}

proptest! {
    #[test]
    fn native_histograms_read_back(values in vec(any::<f64>(), 0..60), schema in -4_i8..=8) {
        let registry = native(NativeConfig::new().schema(schema).zero_threshold(0.0));
        let recorded = registry.histogram("h", &[]).unwrap();
        for value in &values {
            recorded.record(*value);
        }
        let snapshot = registry.snapshot();
        let distribution = snapshot.value("h", &[]).and_then(Value::as_histogram).unwrap();
        let histogram = histogram(&registry);
        assert_same(&histogram, distribution.native().unwrap());
        prop_assert_eq!(histogram.sample_count(), distribution.count());
    }
}
