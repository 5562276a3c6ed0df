#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    f64::consts::TAU,
    time::{Duration, Instant},
};

use steeple_metrics::{
    BuildError, Escaping, Format, HistogramSnapshot, Matcher, NativeConfig, NativeConfigError,
    NativeSnapshot, Registry, Value,
};

const QUANTILES: [f64; 6] = [0.01, 0.1, 0.5, 0.9, 0.99, 0.999];

/// Numbers between 0 and 1 that look random and are always the same.
fn random() -> impl FnMut() -> f64 {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        ((state >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
    }
}

fn normal(random: &mut impl FnMut() -> f64, mean: f64, deviation: f64) -> f64 {
    let (radius, angle) = ((-2.0 * random().ln()).sqrt(), TAU * random());
    mean + deviation * radius * angle.cos()
}

fn native(registry: &Registry) -> HistogramSnapshot {
    let snapshot = registry.snapshot();
    let histogram = snapshot.value("h", &[]).and_then(Value::as_histogram);
    histogram.unwrap().clone()
}

fn recorded(values: &[f64], config: NativeConfig) -> HistogramSnapshot {
    let registry = Registry::builder().native_histograms(Matcher::full("h"), config);
    let registry = registry.build().unwrap();
    let histogram = registry.histogram("h", &[]).unwrap();
    values.iter().for_each(|value| histogram.record(*value));
    native(&registry)
}

/// The quantile as [`histogram_quantile`] estimates it, of positive values.
///
/// [`histogram_quantile`]: https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile
fn quantile(native: &NativeSnapshot, quantile: f64) -> f64 {
    let total: u64 = native.positive.iter().map(|(_, count)| count).sum();
    let mut rank = quantile * total as f64;
    for (index, count) in &native.positive {
        let count = *count as f64;
        if rank <= count {
            let buckets = f64::from(*index - 1) + rank / count;
            return f64::exp2(buckets * f64::exp2(-f64::from(native.schema)));
        }
        rank -= count;
    }
    panic!("a quantile is at most 1");
}

fn assert_quantiles(mut values: Vec<f64>) {
    let histogram = recorded(&values, NativeConfig::new());
    let native = histogram.native().unwrap();
    assert_eq!(native.schema, 3);
    values.sort_by(f64::total_cmp);
    for q in QUANTILES {
        let exact = values[(q * values.len() as f64) as usize];
        let estimate = quantile(native, q);
        let error = (estimate / exact - 1.0).abs();
        assert!(error < 0.05, "{q}: {estimate} for {exact}");
    }
}

#[test]
fn quantiles_of_a_normal_distribution_are_right_within_a_twentieth() {
    let mut random = random();
    assert_quantiles(
        (0..100_000)
            .map(|_| normal(&mut random, 0.25, 0.04))
            .collect(),
    );
}

#[test]
fn quantiles_of_two_modes_are_right_within_a_twentieth() {
    let mut random = random();
    let values = (0..100_000).map(|_| {
        let (mean, deviation) = if random() < 0.7 {
            (0.012, 0.002)
        } else {
            (1.8, 0.2)
        };
        normal(&mut random, mean, deviation)
    });
    assert_quantiles(values.collect());
}

#[test]
fn quantiles_of_a_heavy_tail_are_right_within_a_twentieth() {
    let mut random = random();
    // A Pareto distribution without a finite variance.
    assert_quantiles(
        (0..100_000)
            .map(|_| 0.005 * random().powf(-1.0 / 1.5))
            .collect(),
    );
}

#[test]
fn a_native_histogram_has_no_classic_buckets_unless_it_is_asked_to() {
    let values = [0.003, 0.003, 20.0];
    let alone = recorded(&values, NativeConfig::new());
    assert_eq!((alone.bounds(), alone.buckets()), (&[][..], &[3][..]));
    let both = recorded(&values, NativeConfig::new().with_classic_buckets());
    assert_eq!(
        (both.bounds().len(), both.buckets()[0], both.buckets()[14]),
        (14, 2, 1)
    );
    assert_eq!(both.native(), alone.native());
    assert_eq!((both.count(), both.sum()), (3, 20.006));
}

#[test]
fn the_texts_tell_count_and_sum_of_a_native_histogram() {
    let registry = Registry::builder()
        .native_histograms(Matcher::full("h"), NativeConfig::new())
        .build()
        .unwrap();
    let histogram = registry.histogram("h", &[]).unwrap();
    for value in [0.5, 0.5, 20.0] {
        histogram.record(value);
    }
    let lines = "h_bucket{le=\"+Inf\"} 3\nh_sum 21\nh_count 3\n";
    for format in [
        Format::Text,
        Format::TextVersion1(Escaping::AllowUtf8),
        Format::OpenMetrics(Escaping::Underscores),
    ] {
        let text = registry.exposition(format).flatten().collect();
        let text = String::from_utf8(text).unwrap();
        let told = text
            .split("# TYPE ")
            .find_map(|family| family.strip_prefix("h histogram\n"));
        assert_eq!(
            told.map(|told| told.split('#').next().unwrap()),
            Some(lines),
            "{format:?}"
        );
    }
}

#[test]
fn only_the_metrics_that_the_rule_names_are_native() {
    let registry = Registry::builder()
        .native_histograms(Matcher::suffix("_seconds"), NativeConfig::new().schema(0))
        .native_histograms(Matcher::prefix("a"), NativeConfig::new().schema(1))
        .build()
        .unwrap();
    let schema = |name: &str| {
        registry.histogram(name, &[]).unwrap().record(1);
        let snapshot = registry.snapshot();
        let histogram = snapshot.value(name, &[]).and_then(Value::as_histogram);
        histogram.unwrap().native().map(|native| native.schema)
    };
    let schemas = ["a_seconds", "a", "b"].map(schema);
    assert_eq!(schemas, [Some(0), Some(1), None]);
}

#[test]
fn a_bad_rule_is_named() {
    let error = Registry::builder()
        .native_histograms(Matcher::prefix("a"), NativeConfig::new().schema(12))
        .build()
        .unwrap_err();
    assert!(matches!(
        error,
        BuildError::Native {
            source: NativeConfigError::Schema { schema: 12 },
            ..
        }
    ));
    assert_eq!(
        error.to_string(),
        "the configuration of native histograms for metrics starting with \"a\" is invalid"
    );
}

#[test]
fn a_histogram_that_starts_over_was_created_when_it_was_shown_last() {
    let config = NativeConfig::new().max_buckets(2);
    let registry = Registry::builder()
        .native_histograms(
            Matcher::full("h"),
            config.min_reset_duration(Duration::from_nanos(1)),
        )
        .created_series(true)
        .build()
        .unwrap();
    let histogram = registry.histogram("h", &[]).unwrap();
    let count_and_creation = || {
        let format = Format::OpenMetrics(Escaping::Underscores);
        let text = String::from_utf8(registry.exposition(format).flatten().collect()).unwrap();
        let value = |name: &str| {
            let line = text.lines().find(|line| line.starts_with(name)).unwrap();
            line.rsplit(' ').next().unwrap().parse::<f64>().unwrap()
        };
        (value("h_count"), value("h_created"))
    };
    histogram.record(1);
    // The text has milliseconds.
    let made = Instant::now();
    while made.elapsed() < Duration::from_millis(2) {}
    let (first, created) = count_and_creation();
    (2..=4).for_each(|value| histogram.record(value));
    let (second, created_again) = count_and_creation();
    assert_eq!((first, second), (1.0, 3.0));
    assert!(created_again > created, "{created_again} is {created}");
}

#[test]
fn recording_into_buckets_that_are_there_allocates_nothing() {
    let registry = Registry::builder()
        .native_histograms(Matcher::full("h"), NativeConfig::new())
        .build()
        .unwrap();
    let histogram = registry.histogram("h", &[]).unwrap();
    let record = || (0..5_000).for_each(|value| histogram.record(1 + value % 100));
    record();
    let info = allocation_counter::measure(record);
    assert_eq!((info.count_total, native(&registry).count()), (0, 10_000));
}

#[test]
fn however_far_values_spread_the_memory_is_bounded() {
    let registry = Registry::builder()
        .native_histograms(Matcher::full("h"), NativeConfig::new())
        .build()
        .unwrap();
    let histogram = registry.histogram("h", &[]).unwrap();
    let mut random = random();
    let info = allocation_counter::measure(|| {
        for _ in 0..200_000 {
            let value = f64::from_bits((random() * u64::MAX as f64) as u64);
            histogram.record(if value.is_nan() { 0.0 } else { value });
        }
    });
    assert!(info.bytes_max < 300_000, "{}", info.bytes_max);
    let histogram = native(&registry);
    let native = histogram.native().unwrap();
    assert_eq!(histogram.count(), 200_000);
    assert!(native.positive.len() + native.negative.len() <= 160);
}

#[test]
fn as_many_buckets_as_there_can_be_are_allowed() {
    let config = NativeConfig::new().schema(8).max_buckets(usize::MAX);
    let values: Vec<_> = (1..=1_000).map(f64::from).collect();
    let native = recorded(&values, config).native().unwrap().clone();
    assert_eq!(native.schema, 8);
}
