//! What remote write sends.

use std::{
    collections::BTreeMap,
    thread,
    time::{Duration, SystemTime},
};

use metrics::Unit;
use steeple_metrics::{Exemplar, Kind, Matcher, NativeConfig, Registry};
use steeple_push::{RemoteWrite, RemoteWriteBuilder};
use steeple_stub::{Answer, Request, Stub};

use crate::message::{TimeSeries, WriteRequest};

const DEADLINE: Duration = Duration::from_secs(30);

fn write_to(stub: &Stub) -> RemoteWriteBuilder {
    RemoteWrite::builder(&stub.url("/api/v1/write?tenant=a"))
        .without_interval()
        .job("nightly")
        .instance("here")
}

fn registry() -> Registry {
    let registry = Registry::builder()
        .buckets(Matcher::full("wait"), &[0.5, 1e16])
        .summary(Matcher::full("size"), &[0.0, 0.5])
        .build()
        .unwrap();
    registry
        .describe(Kind::Histogram, "wait", Some(Unit::Seconds), "Waiting.")
        .unwrap();
    registry.histogram("size", &[]).unwrap().record(0.0);
    let weight = [("Of", "\"\\\n\u{e4}"), ("zone", "own")];
    registry.gauge("weight", &weight).unwrap().set(-0.5);
    registry.counter("mails_total", &[]).unwrap().increment(3);
    let wait = registry
        .histogram("wait", &[("kind", "x"), ("z", "y")])
        .unwrap();
    for seconds in [0.5, 0.75, 1e17] {
        wait.record(seconds);
    }
    registry
}

/// The time series without those of steeple's own metrics.
fn series(requests: &[Request]) -> Vec<TimeSeries> {
    let requests = requests
        .iter()
        .map(|request| WriteRequest::read(&request.body));
    let series = requests.flat_map(|request| request.timeseries);
    series
        .filter(|series| !series.selector().contains("steeple_"))
        .collect()
}

#[test]
fn every_series_is_written_with_sorted_labels() {
    let stub = Stub::answering([]);
    let remote = write_to(&stub)
        .label("zone", "common")
        .label("empty", "")
        .start(registry())
        .unwrap();
    let before = SystemTime::UNIX_EPOCH.elapsed().unwrap().as_millis() as i64;
    let report = remote.shutdown_blocking(DEADLINE);
    assert!(report.pushed >= 3 && report.is_complete(), "{report:?}");

    let requests = stub.requests();
    assert_eq!(requests.len(), 1);
    assert_eq!(requests[0].line, "POST /api/v1/write?tenant=a HTTP/1.1");
    for (name, value) in [
        ("content-type", "application/x-protobuf"),
        ("content-encoding", "snappy"),
        ("x-prometheus-remote-write-version", "0.1.0"),
        (
            "user-agent",
            concat!("steeple-push/", env!("CARGO_PKG_VERSION")),
        ),
    ] {
        assert_eq!(requests[0].headers[name], value);
    }
    let written = series(&requests);
    let values: BTreeMap<_, _> = written.iter().map(|s| (s.selector(), s.value())).collect();
    let common = r#"instance="here",job="nightly""#;
    let wait = |suffix: &str, le: &str| {
        format!(r#"{{__name__="wait{suffix}",{common},kind="x"{le},z="y",zone="common"}}"#)
    };
    let size = |suffix: &str, quantile: &str| {
        format!(r#"{{__name__="size{suffix}",{common}{quantile},zone="common"}}"#)
    };
    let expected = [
        (
            format!(r#"{{Of="\"\\\nä",__name__="weight",{common},zone="own"}}"#),
            -0.5,
        ),
        (
            format!(r#"{{__name__="mails_total",{common},zone="common"}}"#),
            3.0,
        ),
        (wait("_bucket", r#",le="0.5""#), 1.0),
        (wait("_bucket", r#",le="1e+16""#), 2.0),
        (wait("_bucket", r#",le="+Inf""#), 3.0),
        (wait("_sum", ""), 1e17 + 1.25),
        (wait("_count", ""), 3.0),
        (size("", r#",quantile="0""#), 0.0),
        (size("", r#",quantile="0.5""#), 0.0),
        (size("_sum", ""), 0.0),
        (size("_count", ""), 1.0),
    ];
    assert_eq!(values, expected.into());
    for series in &written {
        assert!(
            series.labels.is_sorted_by(|a, b| a.name < b.name),
            "{series:?}"
        );
        let after = SystemTime::UNIX_EPOCH.elapsed().unwrap().as_millis() as i64;
        assert!((before..=after).contains(&series.at()), "{series:?}");
    }

    let metadata = WriteRequest::read(&requests[0].body).metadata;
    let told = |name: &str| {
        let metric = metadata
            .iter()
            .find(|metric| metric.metric_family_name == name);
        metric.map(|metric| (metric.kind, metric.help.clone()))
    };
    assert_eq!(told("mails_total"), Some((1, String::new())));
    assert_eq!(told("weight"), Some((2, String::new())));
    assert_eq!(told("wait"), Some((3, "Waiting.".to_owned())));
    assert_eq!(told("size"), Some((5, String::new())));
}

#[test]
fn a_common_label_never_doubles_that_of_a_bucket() {
    let stub = Stub::answering([]);
    let remote = write_to(&stub).label("le", "common");
    let report = remote
        .start(registry())
        .unwrap()
        .shutdown_blocking(DEADLINE);
    assert!(report.is_complete(), "{report:?}");
    for series in series(&stub.requests()) {
        let names = series.labels.iter().map(|label| &*label.name);
        assert!(names.is_sorted_by(|a, b| a < b), "{series:?}");
        let of_bucket = series.selector().contains("_bucket");
        let common = series.selector().contains(r#"le="common""#);
        assert_ne!(of_bucket, common, "{series:?}");
    }
}

#[test]
fn native_histograms_are_written_on_request_only() {
    let native = |configure: fn(RemoteWriteBuilder) -> RemoteWriteBuilder| {
        let stub = Stub::answering([]);
        let registry = Registry::builder()
            .native_histograms(Matcher::full("size"), NativeConfig::new())
            .build()
            .unwrap();
        registry.histogram("size", &[]).unwrap().record(3.0);
        let remote = configure(write_to(&stub)).start(registry).unwrap();
        let report = remote.shutdown_blocking(DEADLINE);
        assert!(report.is_complete(), "{report:?}");
        let written = series(&stub.requests()).into_iter();
        written
            .map(|series| {
                let name = series.labels[0].value.clone();
                (name, series.samples.len(), series.histograms.len())
            })
            .collect::<Vec<_>>()
    };
    let numbers = ["size_sum", "size_count"].map(|name| (name.to_owned(), 1, 0));
    assert_eq!(native(|remote| remote), numbers);
    let both = [&[("size".to_owned(), 0, 1)][..], &numbers].concat();
    assert_eq!(native(RemoteWriteBuilder::native_histograms), both);
}

#[test]
fn exemplars_are_those_of_each_bucket_or_the_last_of_a_native_histogram() {
    let registry = Registry::builder()
        .buckets(Matcher::full("wait"), &[0.5])
        .native_histograms(Matcher::full("size"), NativeConfig::new())
        .exemplar_source(|| Some(Exemplar::new([0xab; 16], [0xcd; 8])))
        .build()
        .unwrap();
    for name in ["wait", "size"] {
        let histogram = registry.histogram(name, &[]).unwrap();
        histogram.record(0.25);
        // So that one is the last.
        thread::sleep(Duration::from_millis(2));
        histogram.record(4.0);
    }
    let stub = Stub::answering([]);
    let remote = write_to(&stub).native_histograms();
    let report = remote.start(registry).unwrap().shutdown_blocking(DEADLINE);
    assert!(report.is_complete(), "{report:?}");

    let mut told = Vec::new();
    for series in series(&stub.requests()) {
        for exemplar in &series.exemplars {
            let [span, trace] = &*exemplar.labels else {
                panic!("{exemplar:?}");
            };
            assert_eq!([&*span.name, &*trace.name], ["span_id", "trace_id"]);
            assert_eq!(
                (&*span.value, &*trace.value),
                (&*"cd".repeat(8), &*"ab".repeat(16))
            );
            assert!(exemplar.timestamp > 0);
            told.push((series.labels[0].value.clone(), exemplar.value));
        }
    }
    told.sort_by(|a, b| a.partial_cmp(b).unwrap());
    let expected = [("size", 4.0), ("wait_bucket", 0.25), ("wait_bucket", 4.0)];
    assert_eq!(told, expected.map(|(name, value)| (name.to_owned(), value)));
}

#[test]
fn requests_hold_a_bounded_number_of_series() {
    let stub = Stub::answering([]);
    let registry = Registry::new();
    for number in 0..100 {
        let labels = [("n", &*number.to_string())];
        registry
            .gauge("many", &labels)
            .unwrap()
            .set(f64::from(number));
    }
    let remote = write_to(&stub).batch_series(7).start(registry).unwrap();
    let report = remote.shutdown_blocking(DEADLINE);
    let requests = stub.requests();
    let sizes = requests
        .iter()
        .map(|r| WriteRequest::read(&r.body).timeseries.len() as u64);
    assert_eq!(sizes.clone().sum::<u64>(), report.pushed);
    assert!(sizes.max().unwrap() <= 7);
    let mut written: Vec<_> = series(&requests).iter().map(TimeSeries::value).collect();
    written.sort_by(f64::total_cmp);
    assert_eq!(written, (0..100).map(f64::from).collect::<Vec<_>>());
}

#[test]
fn values_keep_order_and_time_while_the_backend_is_away() {
    let answers = [
        Answer::Status(503, ""),
        Answer::Reset,
        Answer::Status(500, ""),
    ];
    let stub = Stub::answering(answers);
    let registry = Registry::new();
    let mails = registry.counter("mails_total", &[]).unwrap();
    let remote = write_to(&stub).start(registry).unwrap();
    // Faster than the clock's milliseconds, and from several threads.
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..25 {
                    mails.increment(1);
                    let _ = remote.flush_blocking(Duration::ZERO);
                }
            });
        }
    });
    let report = remote.shutdown_blocking(DEADLINE);
    assert_eq!(report.lost, 0);
    let requests = stub.requests();
    assert!(requests.len() > 3);
    let taken = series(&requests[3..]);
    assert_eq!(taken.len(), 101);
    assert!(taken.is_sorted_by(|a, b| a.at() < b.at() && a.value() <= b.value()));
    assert_eq!(taken[100].value(), 100.0);
}

#[test]
fn an_interval_writes_again_and_again() {
    let stub = Stub::answering([]);
    let remote = write_to(&stub)
        .interval(Duration::from_millis(20))
        .start(registry())
        .unwrap();
    drop(stub.wait_for(3));
    let report = remote.shutdown_blocking(DEADLINE);
    assert!(report.is_complete(), "{report:?}");
}
