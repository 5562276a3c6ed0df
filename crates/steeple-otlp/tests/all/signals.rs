//! All signals by all protocols: what is sent is what arrives.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use opentelemetry::trace::{self, Span as _, Tracer as _, TracerProvider as _};
use opentelemetry_proto::tonic::{
    common::v1::{AnyValue, ArrayValue, KeyValue, KeyValueList, any_value::Value as Any},
    resource::v1::Resource,
    trace::v1::{Span, span::SpanKind},
};
use steeple_core::{Observer, TraceConfig};
use steeple_metrics::Registry;
use steeple_otlp::{
    Compression, LogRecord, Otlp, OtlpBuilder, Protocol, Severity, Signal, Value,
    opentelemetry::Tracer,
};

use crate::sink::{PATIENCE, Sink};

const TRACE: [u8; 16] = [7; 16];
const SPAN: [u8; 8] = [9; 8];

/// A backend for each protocol, and what is configured to send to it.
pub(crate) fn each_protocol() -> Vec<(Sink, OtlpBuilder)> {
    let http = |protocol| {
        let sink = Sink::new();
        let builder = Otlp::builder().endpoint(sink.url()).protocol(protocol);
        (sink, builder)
    };
    #[cfg_attr(not(feature = "grpc"), expect(unused_mut))]
    let mut each = vec![http(Protocol::HttpProtobuf), http(Protocol::HttpJson)];
    #[cfg(feature = "grpc")]
    {
        let sink = crate::grpc::answering([]);
        let builder = Otlp::builder()
            .endpoint(sink.url())
            .protocol(Protocol::Grpc);
        each.push((sink, builder));
    }
    each
}

pub(crate) fn any(value: Any) -> Option<AnyValue> {
    Some(AnyValue { value: Some(value) })
}

pub(crate) fn attribute(key: &str, value: Any) -> KeyValue {
    KeyValue {
        key: key.to_owned(),
        value: any(value),
        ..KeyValue::default()
    }
}

pub(crate) fn text(text: &str) -> Any {
    Any::StringValue(text.to_owned())
}

/// Ends so many spans, each of a trace of its own, if traces are exported.
pub(crate) fn end_spans(otlp: &Otlp, count: usize) {
    if let Some(tracer) = tracer(otlp) {
        (0..count).for_each(|_| drop(tracer.start("span")));
    }
}

fn tracer(otlp: &Otlp) -> Option<Tracer> {
    let observer = Observer::builder().traces(TraceConfig::new());
    let provider = otlp.tracer_provider(&observer.build().unwrap())?;
    Some(provider.tracer(""))
}

/// Ends a span, and tells what is to arrive of it.
fn ended(tracer: &Tracer, name: &'static str) -> Span {
    const NANOS: [u64; 2] = [1_700_000_000_000_000_001, 1_700_000_000_000_000_002];
    let [start, end] = NANOS.map(|nanos| UNIX_EPOCH + Duration::from_nanos(nanos));
    let builder = tracer.span_builder(name);
    let mut span = builder
        .with_kind(trace::SpanKind::Server)
        .with_start_time(start)
        .with_attributes([opentelemetry::KeyValue::new("http.route", "/a/{b}")])
        .start(tracer);
    span.end_with_timestamp(end);
    let context = span.span_context();
    Span {
        trace_id: context.trace_id().to_bytes().to_vec(),
        span_id: context.span_id().to_bytes().to_vec(),
        name: name.to_owned(),
        kind: SpanKind::Server.into(),
        start_time_unix_nano: NANOS[0],
        end_time_unix_nano: NANOS[1],
        attributes: vec![attribute("http.route", text("/a/{b}"))],
        flags: 3,
        ..Span::default()
    }
}

#[test]
fn spans_arrive_as_they_ended() {
    for compression in [Compression::None, Compression::Gzip] {
        for (sink, builder) in each_protocol() {
            let otlp = builder.compression(compression).start(Registry::new());
            let otlp = otlp.unwrap();
            let tracer = tracer(&otlp).unwrap();
            let spans = ["one", "two", "three"].map(|name| ended(&tracer, name));
            let report = otlp.flush_blocking(PATIENCE).traces.unwrap();
            assert_eq!((report.exported, report.lost, report.pending), (3, 0, 0));
            assert_eq!(sink.spans(), spans);
        }
    }
}

#[test]
fn log_records_arrive_as_they_were_emitted() {
    let happened = UNIX_EPOCH + Duration::from_nanos(1_700_000_000_123_456_789);
    for (sink, builder) in each_protocol() {
        let otlp = builder.start(Registry::new()).unwrap();
        let logs = otlp.logs().unwrap();
        let before = SystemTime::now();
        let nested = Value::Map(vec![(
            "deep".into(),
            Value::List(vec![true.into(), 2.5.into()]),
        )]);
        logs.emit(
            &LogRecord::new(Severity::Warn, "disk is \"full\"\n\u{1f600}")
                .time(Some(happened))
                .severity_text("warning")
                .attribute("free", "not known")
                .attribute("free", -7_i64)
                .attribute("nested", nested)
                .trace(TRACE, SPAN, 1)
                .event_name("disk.full"),
        );
        logs.emit(&LogRecord::new(Severity::Info, 42_i64).time(None));
        let report = otlp.shutdown_blocking(PATIENCE);
        assert!(report.is_complete(), "{report:?}");
        assert_eq!(report.logs.unwrap().exported, 2);

        let [first, second] = &sink.log_records()[..] else {
            panic!("{:?}", sink.log_records());
        };
        assert_eq!(first.time_unix_nano, 1_700_000_000_123_456_789);
        let observed = UNIX_EPOCH + Duration::from_nanos(first.observed_time_unix_nano);
        assert!(observed >= before && observed <= SystemTime::now());
        assert_eq!(
            (first.severity_number, first.severity_text.as_str()),
            (13, "warning")
        );
        assert_eq!(first.body, any(text("disk is \"full\"\n\u{1f600}")));
        let list = ArrayValue {
            values: vec![
                AnyValue {
                    value: Some(Any::BoolValue(true)),
                },
                AnyValue {
                    value: Some(Any::DoubleValue(2.5)),
                },
            ],
        };
        let map = KeyValueList {
            values: vec![attribute("deep", Any::ArrayValue(list))],
        };
        assert_eq!(
            first.attributes,
            [
                attribute("free", Any::IntValue(-7)),
                attribute("nested", Any::KvlistValue(map))
            ]
        );
        assert_eq!((&*first.trace_id, &*first.span_id), (&TRACE[..], &SPAN[..]));
        assert_eq!((first.flags, first.event_name.as_str()), (1, "disk.full"));
        assert_eq!(
            (second.time_unix_nano, &second.body),
            (0, &any(Any::IntValue(42)))
        );
        assert_eq!(
            (second.severity_number, second.severity_text.as_str()),
            (9, "INFO")
        );
        assert_eq!((&*second.trace_id, &*second.event_name), (&[][..], ""));
    }
}

#[test]
fn every_request_says_what_it_is_of() {
    for (sink, builder) in each_protocol() {
        let otlp = builder
            .resource_attribute("service.name", "shop")
            .resource_attribute("service.version", "1.2.3")
            .resource_attribute("deployment.environment.name", "staging")
            .resource_attribute("replicas", 3_i64)
            .start(Registry::new())
            .unwrap();
        end_spans(&otlp, 1);
        let logs = otlp.logs().unwrap();
        logs.emit(&LogRecord::new(Severity::Info, "one"));
        assert!(otlp.shutdown_blocking(PATIENCE).is_complete());
        let resources: Vec<Resource> = sink
            .requests()
            .iter()
            .flat_map(|request| {
                if request.path.contains("trace") {
                    let [of] = &request.traces().resource_spans[..] else {
                        panic!("more than one resource");
                    };
                    assert_eq!(of.scope_spans[0].scope.as_ref().unwrap().name, "steeple");
                    of.resource.clone()
                } else if request.path.contains("metrics") {
                    request.metrics().resource_metrics[0].resource.clone()
                } else {
                    request.logs().resource_logs[0].resource.clone()
                }
            })
            .collect();
        assert_eq!(resources.len(), 3);
        for resource in &resources {
            let value = |key: &str| {
                let mut found = resource.attributes.iter().filter(|known| known.key == key);
                let value = found.next().and_then(|known| known.value.clone());
                assert!(found.next().is_none(), "{key} is there twice");
                value.and_then(|value| value.value)
            };
            assert_eq!(value("service.name"), Some(text("shop")));
            assert_eq!(value("service.version"), Some(text("1.2.3")));
            assert_eq!(value("deployment.environment"), Some(text("staging")));
            assert_eq!(value("deployment.environment.name"), Some(text("staging")));
            assert_eq!(value("replicas"), Some(Any::IntValue(3)));
            let pid = i64::from(std::process::id());
            assert_eq!(value("process.pid"), Some(Any::IntValue(pid)));
            assert_eq!(value("telemetry.sdk.name"), Some(text("steeple")));
            assert_eq!(value("telemetry.sdk.language"), Some(text("rust")));
            for key in ["telemetry.sdk.version", "service.instance.id", "host.name"] {
                assert!(value(key).is_some(), "{key}");
            }
            assert_eq!(resource, &resources[0], "the instance is the same");
        }
    }
}

#[test]
fn requests_say_how_they_are_encoded_and_who_sends_them() {
    for (sink, builder) in each_protocol() {
        let otlp = builder
            .without(Signal::Metrics)
            .compression(Compression::Gzip)
            .header("api-key", "hunter2")
            .start(Registry::new())
            .unwrap();
        let logs = otlp.logs().unwrap();
        logs.emit(&LogRecord::new(Severity::Info, "one"));
        assert!(otlp.shutdown_blocking(PATIENCE).is_complete());
        let [request] = &sink.requests()[..] else {
            panic!("one request")
        };
        assert_eq!(request.headers["api-key"], "hunter2");
        assert!(request.headers["user-agent"].starts_with("steeple/"));
        if request.headers["content-type"] == "application/grpc" {
            assert_eq!(request.path, "logs");
        } else {
            assert_eq!(request.path, "/v1/logs");
            assert_eq!(request.headers["content-encoding"], "gzip");
        }
    }
}
