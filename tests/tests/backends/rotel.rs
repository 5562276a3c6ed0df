//! The collector of the harness, between a sender and a backend.

use std::{net::SocketAddr, time::Duration};

use opentelemetry_proto::tonic::metrics::v1::{Gauge, Sum, metric::Data, number_data_point::Value};
use steeple::{
    metrics::{
        Registry,
        protobuf::{push_nested, push_string},
    },
    otlp::{Otlp, Protocol},
};
use steeple_tests::{
    backends::{OtlpAddresses, OtlpSink, Rotel},
    waiting::within,
};

use crate::chain::{Chain, one_trace_is_delivered, spans_and_logs_are_delivered};

/// An id is of bytes, which these are too.
pub(crate) const TRACE: &str = "trace of a test.";
const PATIENCE: Duration = Duration::from_secs(30);

#[test]
#[ignore = "needs real servers: cargo xtask test"]
fn it_passes_spans_on_until_it_is_dropped() {
    let sink = OtlpSink::start().unwrap();
    let rotel = Rotel::sending_to(&sink.url()).unwrap();

    let sent = ureq::post(format!("http://{}/v1/traces", rotel.otlp.http))
        .content_type("application/x-protobuf")
        .send(&request())
        .unwrap();
    assert_eq!(sent.status(), 200);
    let span = within(PATIENCE, || sink.spans().pop());

    assert_eq!(span.unwrap().what.name, "GET /greet/{name}");
    let addresses = rotel.otlp;
    assert_eq!(addresses.open(), 2);
    drop(rotel);
    assert_eq!(addresses.open(), 0);
}

#[test]
#[ignore = "needs real servers: cargo xtask test"]
fn a_trace_through_three_services_arrives_whole_over_grpc() {
    arrives_whole("grpc", |otlp| otlp.grpc);
}

#[test]
#[ignore = "needs real servers: cargo xtask test"]
fn a_trace_through_three_services_arrives_whole_over_http() {
    arrives_whole("http/protobuf", |otlp| otlp.http);
}

fn arrives_whole(protocol: &str, of: fn(OtlpAddresses) -> SocketAddr) {
    let sink = OtlpSink::start().unwrap();
    let rotel = Rotel::sending_to(&sink.url()).unwrap();
    let chain = Chain::exporting_to(&format!("http://{}", of(rotel.otlp)), protocol);
    let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    chain.ask(trace);
    one_trace_is_delivered(&sink, trace);
}

#[test]
#[ignore = "needs real servers: cargo xtask test"]
fn spans_and_logs_of_three_services_arrive_whole_as_json() {
    let sink = OtlpSink::start().unwrap();
    let rotel = Rotel::sending_to(&sink.url()).unwrap();
    let chain = Chain::exporting_to(&format!("http://{}", rotel.otlp.http), "http/json");
    let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    chain.ask(trace);
    spans_and_logs_are_delivered(&sink, trace);
}

/// It reads JSON with opentelemetry-proto 0.29, to which whole numbers in texts, as OTLP has them, are no values; and answers 200.
#[test]
#[ignore = "needs real servers: cargo xtask test"]
fn counters_and_histograms_arrive_as_protobuf_alone() {
    let protobuf = told_by(Protocol::HttpProtobuf);
    let json = told_by(Protocol::HttpJson);

    assert_eq!(protobuf, [Some(1.5), Some(3.0), Some(1.0)]);
    assert_eq!(json, [Some(1.5), None, None]);
}

/// What arrives of a gauge of 1.5, a counter of 3 and a histogram of one observation.
fn told_by(protocol: Protocol) -> [Option<f64>; 3] {
    let sink = OtlpSink::start().unwrap();
    let rotel = Rotel::sending_to(&sink.url()).unwrap();
    let registry = Registry::new();
    registry.gauge("depth", &[]).unwrap().set(1.5);
    registry.counter("orders", &[]).unwrap().increment(3);
    registry.histogram("wait", &[]).unwrap().record(0.1);
    let otlp = Otlp::builder()
        .endpoint(format!("http://{}", rotel.otlp.http))
        .protocol(protocol)
        .start(registry)
        .unwrap();
    let report = otlp.shutdown_blocking(PATIENCE);
    assert!(report.is_complete(), "{report:?}");
    ["depth", "orders", "wait"].map(|name| {
        let arrived = within(PATIENCE, || {
            let mut metrics = sink.metrics().into_iter();
            metrics.find(|metric| metric.what.name == name)
        });
        match arrived.unwrap().what.data? {
            Data::Gauge(Gauge { data_points }) | Data::Sum(Sum { data_points, .. }) => {
                match data_points[0].value? {
                    Value::AsDouble(value) => Some(value),
                    Value::AsInt(value) => Some(value as f64),
                }
            }
            Data::Histogram(histogram) => Some(histogram.data_points[0].count as f64),
            other => panic!("{other:?}"),
        }
    })
}

/// An [`ExportTraceServiceRequest`](https://github.com/open-telemetry/opentelemetry-proto) of one span, of the trace [`TRACE`].
pub(crate) fn request() -> Vec<u8> {
    let mut request = Vec::new();
    push_nested(&mut request, 1, |resource_spans| {
        push_nested(resource_spans, 2, |scope_spans| {
            push_nested(scope_spans, 2, |span| {
                push_string(span, 1, TRACE);
                push_string(span, 2, &"s".repeat(8));
                push_string(span, 5, "GET /greet/{name}");
            });
        });
    });
    request
}
