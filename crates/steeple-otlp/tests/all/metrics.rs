//! Metrics: kinds, values, units, attributes, times and exemplars.

use std::{
    collections::BTreeMap,
    thread,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use metrics::Unit;
use opentelemetry_proto::tonic::{
    common::v1::any_value::Value as Any,
    metrics::v1::{
        AggregationTemporality::{Cumulative, Delta},
        Metric, NumberDataPoint,
        metric::Data,
        number_data_point::Value as Number,
    },
};
use steeple_metrics::{Builder, Exemplar, Kind, Matcher, NativeConfig, Registry};
use steeple_otlp::{HistogramAggregation, Otlp, OtlpBuilder, Signal, Temporality};

use crate::{
    signals::{attribute, each_protocol, text},
    sink::{PATIENCE, Sink},
};

fn metrics_only(builder: OtlpBuilder) -> OtlpBuilder {
    builder.without(Signal::Traces).without(Signal::Logs)
}

fn to(sink: &Sink) -> OtlpBuilder {
    metrics_only(Otlp::builder().endpoint(sink.url()))
}

/// The application's metrics of one flush.
fn flushed(otlp: &Otlp, sink: &Sink) -> BTreeMap<String, Metric> {
    let before = sink.metrics().len();
    let report = otlp.flush_blocking(PATIENCE).metrics.unwrap();
    assert_eq!((report.lost, report.pending), (0, 0));
    let metrics = sink.metrics().split_off(before).into_iter();
    let named = metrics.map(|metric| (metric.name.clone(), metric));
    named
        .filter(|(name, _)| !name.starts_with("steeple_"))
        .collect()
}

fn points(metric: &Metric) -> &[NumberDataPoint] {
    match metric.data.as_ref().unwrap() {
        Data::Sum(sum) => &sum.data_points,
        Data::Gauge(gauge) => &gauge.data_points,
        other => panic!("{other:?}"),
    }
}

fn nanos(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).unwrap().as_nanos() as u64
}

#[test]
fn kinds_units_and_values_are_kept() {
    for (sink, builder) in each_protocol() {
        let registry = Registry::new();
        let began = nanos(registry.created());
        registry
            .describe(
                Kind::Histogram,
                "http.server.request.duration",
                Some(Unit::Seconds),
                "Duration of requests.",
            )
            .unwrap();
        let labels = [
            ("http_request_method", "GET"),
            ("http_response_status_code", "404"),
            ("tenant_id", "7"),
        ];
        let duration = registry.histogram("http.server.request.duration", &labels);
        let duration = duration.unwrap();
        [0.005, 0.3, 20.0]
            .iter()
            .for_each(|seconds| duration.record(*seconds));
        let orders = registry.counter("shop.orders", &[]).unwrap();
        orders.increment(u64::MAX >> 1);
        registry
            .counter("huge_total", &[])
            .unwrap()
            .increment(u64::MAX);
        registry.gauge("queue.depth", &[]).unwrap().set(-2.5);
        registry
            .gauge("http.server.active_requests", &[])
            .unwrap()
            .set(3.0);

        let otlp = metrics_only(builder).start(registry).unwrap();
        let metrics = flushed(&otlp, &sink);
        let names: Vec<_> = metrics.keys().map(String::as_str).collect();
        assert_eq!(
            names,
            [
                "http.server.active_requests",
                "http.server.request.duration",
                "huge_total",
                "queue.depth",
                "shop.orders"
            ]
        );

        let duration = &metrics["http.server.request.duration"];
        assert_eq!(
            (&*duration.unit, &*duration.description),
            ("s", "Duration of requests.")
        );
        let Some(Data::Histogram(histogram)) = &duration.data else {
            panic!("{duration:?}");
        };
        assert_eq!(histogram.aggregation_temporality(), Cumulative);
        let [point] = &histogram.data_points[..] else {
            panic!("{histogram:?}");
        };
        let seconds = [
            0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0,
        ];
        assert_eq!(point.explicit_bounds, seconds);
        let mut counts = [0; 15];
        // A bound is in the bucket below it.
        [0, 7, 14]
            .into_iter()
            .for_each(|bucket: usize| counts[bucket] = 1);
        assert_eq!(point.bucket_counts, counts);
        assert_eq!((point.count, point.sum), (3, Some(20.305)));
        assert_eq!(
            point.attributes,
            [
                attribute("http.request.method", text("GET")),
                attribute("http.response.status_code", Any::IntValue(404)),
                attribute("tenant_id", text("7")),
            ]
        );
        let now = nanos(SystemTime::now());
        assert!(point.start_time_unix_nano.abs_diff(began) < 1_000_000_000);
        assert!(point.time_unix_nano > point.start_time_unix_nano && point.time_unix_nano <= now);

        let sum = |name: &str| match &metrics[name].data {
            Some(Data::Sum(sum)) => (sum.aggregation_temporality(), sum.is_monotonic),
            other => panic!("{other:?}"),
        };
        let value = |name: &str| points(&metrics[name])[0].value;
        assert_eq!(sum("shop.orders"), (Cumulative, true));
        assert_eq!(value("shop.orders"), Some(Number::AsInt(i64::MAX)));
        assert_eq!(value("huge_total"), Some(Number::AsDouble(u64::MAX as f64)));
        assert!(matches!(metrics["queue.depth"].data, Some(Data::Gauge(_))));
        assert_eq!(value("queue.depth"), Some(Number::AsDouble(-2.5)));
        let active = &metrics["http.server.active_requests"];
        assert_eq!(sum(&active.name), (Cumulative, false));
        assert_eq!(
            (&*active.unit, value(&active.name)),
            ("{request}", Some(Number::AsDouble(3.0)))
        );
    }
}

fn native(config: NativeConfig) -> Registry {
    let builder = Registry::builder().native_histograms(Matcher::full("wait"), config);
    builder.build().unwrap()
}

#[test]
fn native_histograms_are_exponential() {
    for (sink, builder) in each_protocol() {
        let registry = native(NativeConfig::new().schema(1).zero_threshold(0.001));
        let wait = registry.histogram("wait", &[]).unwrap();
        [0.0005, 1.0, 1.1, 4.0, 4.1]
            .iter()
            .for_each(|value| wait.record(*value));
        let otlp = metrics_only(builder).start(registry).unwrap();
        let metrics = flushed(&otlp, &sink);
        let Some(Data::ExponentialHistogram(histogram)) = &metrics["wait"].data else {
            panic!("{metrics:?}");
        };
        assert_eq!(histogram.aggregation_temporality(), Cumulative);
        let point = &histogram.data_points[0];
        assert_eq!((point.scale, point.count, point.zero_count), (1, 5, 1));
        assert_eq!((point.zero_threshold, point.sum), (0.001, Some(10.2005)));
        // With bounds at the powers of 2^(1/2): 1 ends bucket -1, 4 bucket 3.
        let positive = point.positive.as_ref().unwrap();
        assert_eq!(
            (positive.offset, &*positive.bucket_counts),
            (-1, &[1, 1, 0, 0, 1, 1][..])
        );
        assert_eq!(point.negative, None);
    }
}

#[test]
fn what_is_counted_in_both_ways_is_sent_as_is_preferred() {
    for (preferred, is_exponential) in [
        (HistogramAggregation::Explicit, false),
        (HistogramAggregation::Exponential, true),
    ] {
        let sink = Sink::new();
        let registry = native(NativeConfig::new().with_classic_buckets());
        registry.histogram("wait", &[]).unwrap().record(-1.0);
        registry.histogram("other", &[]).unwrap().record(1.0);
        let otlp = to(&sink).histograms(preferred).start(registry).unwrap();
        let metrics = flushed(&otlp, &sink);
        match &metrics["wait"].data {
            Some(Data::ExponentialHistogram(histogram)) if is_exponential => {
                let point = &histogram.data_points[0];
                assert_eq!(point.negative.as_ref().unwrap().bucket_counts, [1]);
                assert_eq!(point.sum, None, "it may go down");
            }
            Some(Data::Histogram(histogram)) if !is_exponential => {
                assert_eq!(histogram.data_points[0].bucket_counts[0], 1);
                assert_eq!(histogram.data_points[0].sum, None, "it may go down");
            }
            other => panic!("{preferred:?}: {other:?}"),
        }
        assert!(matches!(metrics["other"].data, Some(Data::Histogram(_))));
    }
}

#[test]
fn summaries_stay_summaries() {
    for (sink, builder) in each_protocol() {
        let registry = Registry::builder()
            .summary(Matcher::full("wait"), &[0.5, 0.99])
            .build()
            .unwrap();
        let wait = registry.histogram("wait", &[("kind", "slow")]).unwrap();
        (1..=100).for_each(|value| wait.record(f64::from(value)));
        let otlp = metrics_only(builder).start(registry).unwrap();
        let metrics = flushed(&otlp, &sink);
        let Some(Data::Summary(summary)) = &metrics["wait"].data else {
            panic!("{metrics:?}");
        };
        let point = &summary.data_points[0];
        assert_eq!((point.count, point.sum), (100, 5050.0));
        assert_eq!(point.attributes, [attribute("kind", text("slow"))]);
        let [half, most] = &point.quantile_values[..] else {
            panic!("{point:?}");
        };
        assert_eq!((half.quantile, most.quantile), (0.5, 0.99));
        assert!((half.value - 50.0).abs() < 1.0 && (most.value - 99.0).abs() < 1.0);
    }
}

#[test]
fn exemplars_are_sent_once() {
    for (sink, builder) in each_protocol() {
        let registry = Registry::builder()
            .exemplar_source(|| Some(Exemplar::new([3; 16], [4; 8])))
            .native_histograms(Matcher::full("native"), NativeConfig::new())
            .build()
            .unwrap();
        let before = nanos(SystemTime::now());
        registry.histogram("native", &[]).unwrap().record(0.3);
        registry.histogram("classic", &[]).unwrap().record(0.3);
        let otlp = metrics_only(builder).start(registry.clone()).unwrap();
        let exemplars = |metric: &Metric| match &metric.data {
            Some(Data::Histogram(data)) => data.data_points[0].exemplars.clone(),
            Some(Data::ExponentialHistogram(data)) => data.data_points[0].exemplars.clone(),
            other => panic!("{other:?}"),
        };
        let metrics = flushed(&otlp, &sink);
        for name in ["native", "classic"] {
            let exemplars = exemplars(&metrics[name]);
            let [exemplar] = &exemplars[..] else {
                panic!("{name}: {exemplars:?}");
            };
            assert_eq!(
                (&*exemplar.trace_id, &*exemplar.span_id),
                (&[3; 16][..], &[4; 8][..])
            );
            let value = exemplar.value.map(|value| format!("{value:?}"));
            assert_eq!(value.as_deref(), Some("AsDouble(0.3)"));
            assert!(exemplar.time_unix_nano >= before);
        }
        let metrics = flushed(&otlp, &sink);
        assert_eq!(exemplars(&metrics["classic"]), []);
    }
}

#[test]
fn cumulative_points_keep_their_start() {
    let sink = Sink::new();
    let registry = Registry::new();
    let early = registry.counter("early", &[]).unwrap();
    let otlp = to(&sink).start(registry.clone()).unwrap();
    let first = flushed(&otlp, &sink);
    early.increment(5);
    let late = registry.counter("late", &[]).unwrap();
    late.increment(1);
    let second = flushed(&otlp, &sink);
    late.increment(1);
    let third = flushed(&otlp, &sink);
    let point = |metrics: &BTreeMap<_, Metric>, name: &str| points(&metrics[name])[0].clone();
    let start = |metrics, name| point(metrics, name).start_time_unix_nano;
    assert_eq!(start(&first, "early"), start(&third, "early"));
    assert_eq!(point(&third, "early").value, Some(Number::AsInt(5)));
    // It was not there at the collection before.
    assert_eq!(
        start(&second, "late"),
        point(&first, "early").time_unix_nano
    );
    assert_eq!(start(&third, "late"), start(&second, "late"));
    assert_eq!(point(&third, "late").value, Some(Number::AsInt(2)));
}

#[test]
fn deltas_follow_each_other_and_add_up() {
    for (sink, builder) in each_protocol() {
        let registry = native(NativeConfig::new());
        let orders = registry.counter("orders", &[]).unwrap();
        let size = registry.histogram("size", &[]).unwrap();
        let wait = registry.histogram("wait", &[]).unwrap();
        registry.gauge("depth", &[]).unwrap().set(4.0);
        let builder = metrics_only(builder).temporality(Temporality::Delta);
        let otlp = builder.start(registry).unwrap();
        let mut end = None;
        for round in 1..=3_u64 {
            orders.increment(round);
            for _ in 0..round {
                size.record(0.3);
                wait.record(1e-3);
                wait.record(round as f64);
            }
            let metrics = flushed(&otlp, &sink);
            let Some(Data::Sum(sum)) = &metrics["orders"].data else {
                panic!("{metrics:?}");
            };
            assert_eq!(sum.aggregation_temporality(), Delta);
            let point = &sum.data_points[0];
            assert_eq!(point.value, Some(Number::AsInt(round as i64)));
            let end_of_last = end.replace(point.time_unix_nano);
            assert!(end_of_last.is_none_or(|end| end == point.start_time_unix_nano));

            let Some(Data::Histogram(histogram)) = &metrics["size"].data else {
                panic!("{metrics:?}");
            };
            assert_eq!(histogram.aggregation_temporality(), Delta);
            let point = &histogram.data_points[0];
            assert_eq!(point.count, round);
            assert_eq!(point.bucket_counts.iter().sum::<u64>(), round);
            assert!((point.sum.unwrap() - 0.3 * round as f64).abs() < 1e-9);

            let Some(Data::ExponentialHistogram(histogram)) = &metrics["wait"].data else {
                panic!("{metrics:?}");
            };
            assert_eq!(histogram.aggregation_temporality(), Delta);
            let point = &histogram.data_points[0];
            let counted: u64 = point.positive.as_ref().unwrap().bucket_counts.iter().sum();
            assert_eq!((point.count, counted), (2 * round, 2 * round));
            assert_eq!(
                points(&metrics["depth"])[0].value,
                Some(Number::AsDouble(4.0))
            );
        }
        let silent = flushed(&otlp, &sink);
        assert_eq!(
            silent.keys().collect::<Vec<_>>(),
            ["depth"],
            "nothing else is new"
        );
    }
}

/// Flushes until the counter is not told any more, since it is idle.
fn wait_until_idle(otlp: &Otlp, sink: &Sink) {
    let mut tries = 0..600;
    while flushed(otlp, sink).contains_key("orders") {
        assert!(tries.next().is_some(), "it does not expire");
        thread::sleep(Duration::from_millis(20));
    }
}

fn expiring(builder: Builder) -> Registry {
    let timeout = Duration::from_millis(100);
    builder.idle_timeout(timeout).build().unwrap()
}

#[test]
fn a_series_that_is_hidden_goes_on_where_it_was() {
    let sink = Sink::new();
    let registry = expiring(Registry::builder());
    let orders = registry.counter("orders", &[]).unwrap();
    orders.increment(1_000);
    let otlp = to(&sink).start(registry).unwrap();
    let first = flushed(&otlp, &sink);
    wait_until_idle(&otlp, &sink);
    orders.increment(5);
    let again = flushed(&otlp, &sink);
    let [first, again] = [first, again].map(|metrics| points(&metrics["orders"])[0].clone());
    assert_eq!(again.value, Some(Number::AsInt(1_005)));
    assert_eq!(again.start_time_unix_nano, first.start_time_unix_nano);
}

#[test]
fn a_series_that_was_dropped_starts_over() {
    // It is dropped when somebody looks: the export, or another one between two of its looks.
    for dropped_by_the_export in [true, false] {
        let sink = Sink::new();
        let registry = expiring(Registry::builder());
        registry.counter("orders", &[]).unwrap().increment(1_000);
        let otlp = to(&sink).start(registry.clone()).unwrap();
        let first = flushed(&otlp, &sink);
        if dropped_by_the_export {
            wait_until_idle(&otlp, &sink);
        } else {
            let mut tries = 0..600;
            while registry.snapshot().family("orders").is_some() {
                assert!(tries.next().is_some(), "it does not expire");
                thread::sleep(Duration::from_millis(20));
            }
        }
        registry.counter("orders", &[]).unwrap().increment(2_000);
        let again = flushed(&otlp, &sink);
        let [first, again] = [first, again].map(|metrics| points(&metrics["orders"])[0].clone());
        assert_eq!(again.value, Some(Number::AsInt(2_000)));
        // At the last look, which is the first export, or one after it that saw that it was gone.
        if dropped_by_the_export {
            assert!(again.start_time_unix_nano > first.time_unix_nano);
        } else {
            assert_eq!(again.start_time_unix_nano, first.time_unix_nano);
        }
    }
}

#[test]
fn the_overflow_series_is_marked() {
    let sink = Sink::new();
    let registry = Registry::builder().series_limit(1).build().unwrap();
    for user in ["a", "b", "c"] {
        let labels = [("user", user)];
        registry.counter("logins", &labels).unwrap().increment(1);
    }
    let otlp = to(&sink).start(registry).unwrap();
    let metrics = flushed(&otlp, &sink);
    let mut overflow = points(&metrics["logins"]).iter().filter(|point| {
        point.attributes == [attribute("otel.metric.overflow", Any::BoolValue(true))]
    });
    assert_eq!(overflow.next().unwrap().value, Some(Number::AsInt(2)));
}

#[test]
fn a_metric_of_many_series_comes_in_parts_and_is_whole() {
    let sink = Sink::new();
    let registry = Registry::new();
    for number in 0..2_000 {
        let labels = [("number", &*number.to_string())];
        registry.histogram("many", &labels).unwrap().record(1.0);
    }
    let otlp = to(&sink).start(registry).unwrap();
    let report = otlp.flush_blocking(PATIENCE).metrics.unwrap();
    assert_eq!((report.lost, report.pending), (0, 0));
    let parts: Vec<_> = sink
        .metrics()
        .into_iter()
        .filter_map(|metric| match metric.data {
            Some(Data::Histogram(histogram)) if metric.name == "many" => {
                Some(histogram.data_points)
            }
            _ => None,
        })
        .collect();
    assert!(parts.len() > 1);
    let points = parts.concat();
    assert_eq!(points.len(), 2_000);
    let mut numbers: Vec<_> = points
        .iter()
        .map(|point| format!("{:?}", point.attributes))
        .collect();
    numbers.sort_unstable();
    numbers.dedup();
    assert_eq!(numbers.len(), 2_000);
    let figures = otlp.accounting(Signal::Metrics).unwrap();
    assert_eq!(figures.exported, figures.created);
    assert!(figures.created >= 2_000, "data points are counted");
}

#[test]
fn metrics_are_sent_at_an_interval_and_at_the_end() {
    let sink = Sink::new();
    let registry = Registry::new();
    let orders = registry.counter("orders", &[]).unwrap();
    let interval = Duration::from_millis(50);
    let otlp = to(&sink).metric_interval(interval).start(registry).unwrap();
    sink.wait_until("requests at the interval", |requests| requests.len() >= 3);
    orders.increment(9);
    assert!(otlp.shutdown_blocking(PATIENCE).is_complete());
    let last = sink
        .metrics()
        .into_iter()
        .rfind(|metric| metric.name == "orders");
    assert_eq!(points(&last.unwrap())[0].value, Some(Number::AsInt(9)));
}
