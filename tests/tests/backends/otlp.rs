//! The main job, exporting by way of a collector: `OTEL_EXPORTER_OTLP_ENDPOINT=... cargo run -p demo`.

use std::{collections::BTreeSet, net::SocketAddr, time::Duration};

use opentelemetry_proto::tonic::{
    common::v1::{AnyValue, any_value::Value},
    metrics::v1::{HistogramDataPoint, Metric, metric::Data},
    trace::v1::Span,
};
use steeple_tests::{
    backends::{OtlpAddresses, OtlpSink, Received, Rotel, text},
    waiting::within,
};

use crate::demo::{Demo, call};

const PATIENCE: Duration = Duration::from_secs(60);
const CALLER: [u8; 8] = [0xca; 8];

/// The newest metric of this name that arrived.
fn metric(sink: &OtlpSink, name: &str) -> Option<Received<Metric>> {
    let metrics = sink.metrics().into_iter();
    metrics.rev().find(|metric| metric.what.name == name)
}

/// The points of items that were looked up, the newest first.
fn durations(sink: &OtlpSink) -> impl Iterator<Item = HistogramDataPoint> {
    let metrics = sink.metrics().into_iter().rev();
    let durations = metrics.filter(|metric| metric.what.name == "http.server.request.duration");
    let points = durations.flat_map(|metric| match metric.what.data {
        Some(Data::Histogram(histogram)) => histogram.data_points,
        _ => Vec::new(),
    });
    points.filter(|point| text(&point.attributes, "http.route") == Some("/shop/items/{item}"))
}

/// Waits for what `find` finds.
fn arrived<T>(what: &str, find: impl FnMut() -> Option<T>) -> T {
    within(PATIENCE, find).unwrap_or_else(|| panic!("no {what}"))
}

fn is_of_the_demo<T>(received: &Received<T>) -> bool {
    [
        ("service.name", "demo-shop"),
        ("telemetry.sdk.name", "steeple"),
        ("deployment.environment", "test"),
    ]
    .iter()
    .all(|(key, value)| received.of_resource(key) == Some(value))
}

fn all_arrives(protocol: &str, endpoint: impl FnOnce(OtlpAddresses) -> SocketAddr) {
    let sink = OtlpSink::start().unwrap();
    let rotel = Rotel::sending_to(&sink.url()).unwrap();
    let endpoint = format!("http://{}", endpoint(rotel.otlp));
    let demo = Demo::start_with(&[
        ("OTEL_EXPORTER_OTLP_ENDPOINT", &endpoint),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", protocol),
        ("OTEL_BSP_SCHEDULE_DELAY", "100"),
        ("OTEL_METRIC_EXPORT_INTERVAL", "500"),
        (
            "OTEL_RESOURCE_ATTRIBUTES",
            "deployment.environment.name=test",
        ),
    ]);

    let shops = [(demo.shop, [0xa1; 16]), (demo.branch, [0xb2; 16])];
    for (address, trace) in shops {
        let (trace, caller) = (u128::from_be_bytes(trace), u64::from_be_bytes(CALLER));
        let answer = ureq::get(format!("http://{address}/shop/items/apple"))
            .header("traceparent", format!("00-{trace:032x}-{caller:016x}-01"))
            .call()
            .unwrap();
        assert_eq!(answer.status(), 200);
    }
    assert_eq!(call("/shop.Warehouse/Count", demo.warehouse), "13");

    arrived("spans", || (sink.span_count() >= 5).then_some(()));
    let spans = sink.spans();
    assert!(spans.iter().all(is_of_the_demo), "{spans:?}");
    let spans: Vec<_> = spans.into_iter().map(|span| span.what).collect();
    assert_eq!(spans.len(), 5, "{spans:?}");
    let ids: BTreeSet<_> = spans.iter().map(|span| &span.span_id).collect();
    assert_eq!(ids.len(), 5);
    for (_, trace) in shops {
        let named = |name: &str| {
            let mut spans = spans.iter();
            spans
                .find(|span| span.trace_id == trace && span.name == name)
                .unwrap()
        };
        let (request, child) = (named("GET /shop/items/{item}"), named("look_up"));
        assert_eq!((request.kind, child.kind), (2, 1), "server and internal");
        assert_eq!(request.parent_span_id, CALLER);
        assert_eq!(child.parent_span_id, request.span_id);
        assert_eq!(text(&child.attributes, "item"), Some("apple"));
        assert!(request.start_time_unix_nano <= child.start_time_unix_nano);
        assert!(child.end_time_unix_nano <= request.end_time_unix_nano);
    }
    let count = spans
        .iter()
        .find(|span| span.name == "shop.Warehouse/Count");
    let count = count.unwrap();
    assert_eq!((count.kind, count.parent_span_id.len()), (2, 0));

    arrived("durations", || {
        durations(&sink).next().filter(|point| point.count == 2)
    });
    // Each is sent once.
    let exemplar = arrived("exemplars", || {
        durations(&sink).find_map(|point| point.exemplars.into_iter().next())
    });
    let of_exemplar = |span: &&Span| span.span_id == exemplar.span_id;
    let span = spans.iter().find(of_exemplar).unwrap();
    assert_eq!(
        (&*span.name, &span.trace_id),
        ("GET /shop/items/{item}", &exemplar.trace_id)
    );
    for (name, unit) in [
        ("http.server.request.duration", "s"),
        ("http.server.active_requests", "{request}"),
        ("http.server.response.body.size", "By"),
        ("rpc.server.call.duration", "s"),
    ] {
        let metric = arrived(name, || metric(&sink, name));
        assert_eq!(metric.what.unit, unit, "{name}");
        assert!(is_of_the_demo(&metric), "{metric:?}");
    }
    let log = arrived("logs", || sink.logs().pop());
    let said = Value::StringValue("the shop is open".to_owned());
    assert_eq!(log.what.body, Some(AnyValue { value: Some(said) }));
    assert!(is_of_the_demo(&log), "{log:?}");
    assert_eq!(sink.logs().len(), 1);
}

#[test]
#[ignore = "needs real servers: cargo xtask test"]
fn all_signals_of_the_demo_arrive_over_grpc() {
    all_arrives("grpc", |otlp| otlp.grpc);
}

#[test]
#[ignore = "needs real servers: cargo xtask test"]
fn all_signals_of_the_demo_arrive_over_http() {
    all_arrives("http/protobuf", |otlp| otlp.http);
}
