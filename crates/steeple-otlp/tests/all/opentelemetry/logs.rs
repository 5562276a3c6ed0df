//! Log records that appenders give the API.

use std::{
    collections::HashMap,
    time::{Duration, UNIX_EPOCH},
};

use opentelemetry::{
    Context, InstrumentationScope,
    logs::{AnyValue, LogRecord as _, Logger as _, LoggerProvider as _, Severity},
    trace::{TraceContextExt as _, Tracer as _},
};
use opentelemetry_appender_tracing::layer::OpenTelemetryTracingBridge;
use opentelemetry_proto::tonic::{
    common::v1::{ArrayValue, KeyValueList, any_value::Value as Any},
    logs::v1::LogRecord,
};
use steeple_core::{Sampler, current};
use steeple_metrics::Registry;
use steeple_otlp::{Otlp, Signal};
use tracing::level_filters::LevelFilter;
use tracing_subscriber::layer::SubscriberExt as _;

use super::{Stage, here, ids, span_id, trace_id};
use crate::{
    signals::{any, attribute, each_protocol, text},
    sink::PATIENCE,
};

impl Stage {
    /// Runs `f` in a request, where events of tracing become records and spans of tracing spans; tells the records by what they
    /// say.
    fn records_of<R>(self, f: impl FnOnce() -> R) -> (R, HashMap<String, LogRecord>) {
        let provider = self.otlp.logger_provider().unwrap();
        let subscriber = tracing_subscriber::registry()
            .with(OpenTelemetryTracingBridge::new(&provider))
            .with(self.otlp.tracing_layer(&self.observer, LevelFilter::INFO));
        let mut request = self.request();
        let result = tracing::subscriber::with_default(subscriber, || request.run(f).unwrap());
        request.finish();
        assert!(self.otlp.shutdown_blocking(PATIENCE).is_complete());
        let records = self.sink.log_records().into_iter().map(|record| {
            let body = record.body.as_ref().unwrap().value.clone();
            match body.unwrap() {
                Any::StringValue(body) => (body, record),
                other => panic!("{other:?}"),
            }
        });
        (result, records.collect())
    }
}

#[test]
fn records_of_an_appender_tell_the_span_that_they_happened_in() {
    let stage = Stage::recording();
    let tracer = stage.tracer();
    let (places, records) = stage.records_of(|| {
        tracing::warn!(tries = 3, "in the request");
        let api = tracer.in_span("api", |_| {
            tracing::info!("in a span of the api");
            here()
        });
        let tracing = tracing::info_span!("tracing").in_scope(|| {
            tracing::info!("in a span of tracing");
            here()
        });
        [
            ("in the request", here()),
            ("in a span of the api", api),
            ("in a span of tracing", tracing),
        ]
    });
    assert_eq!(records.len(), 3);
    for (said, place) in places {
        let record = &records[said];
        assert_eq!(
            (said, &*record.trace_id),
            (said, &place.trace_id().to_bytes()[..])
        );
        assert_eq!(
            (said, &*record.span_id),
            (said, &place.span_id().to_bytes()[..])
        );
        assert_eq!(record.flags, u32::from(place.flags()));
    }
    let record = &records["in the request"];
    assert_eq!(
        (record.severity_number, &*record.severity_text),
        (13, "WARN")
    );
    assert!(record.observed_time_unix_nano > 0);
    assert_eq!(
        record.attributes,
        [
            attribute("tries", Any::IntValue(3)),
            attribute("otel.scope.name", text(module_path!())),
        ]
    );
}

#[test]
fn records_of_unsampled_requests_and_of_other_tasks_have_ids_as_well() {
    let stage = Stage::new(Sampler::always_off());
    let (place, records) = stage.records_of(|| {
        tracing::info!("unsampled");
        current::trace().unwrap()
    });
    let record = &records["unsampled"];
    assert_eq!(record.trace_id, place.trace_id().to_bytes());
    assert_eq!(
        (&*record.span_id, record.flags & 1),
        (&place.span_id().to_bytes()[..], 0)
    );

    let stage = Stage::recording();
    let tracer = stage.tracer();
    let logger = stage.otlp.logger_provider().unwrap().logger("");
    let emit = || logger.emit(logger.create_log_record());
    let root = tracer.in_span("root", |context| {
        emit();
        ids(context.span().span_context())
    });
    let _suppressed = Context::enter_telemetry_suppressed_scope();
    assert!(!logger.event_enabled(Severity::Error, "", None));
    emit();
    assert!(stage.otlp.shutdown_blocking(PATIENCE).is_complete());
    let records = stage.sink.log_records();
    assert_eq!(records.len(), 1);
    assert_eq!(
        (&*records[0].trace_id, &*records[0].span_id),
        (&root.0[..], &root.1[..])
    );
}

#[test]
fn what_a_record_is_told_arrives_by_every_protocol() {
    for (sink, builder) in each_protocol() {
        let otlp: Otlp = builder
            .without(Signal::Metrics)
            .start(Registry::new())
            .unwrap();
        let scope = InstrumentationScope::builder("client").with_version("1.2");
        let logger = otlp
            .logger_provider()
            .unwrap()
            .logger_with_scope(scope.build());
        assert!(logger.event_enabled(Severity::Debug2, "target", Some("name")));
        let at = |seconds| UNIX_EPOCH + Duration::from_secs(seconds);
        let mut record = logger.create_log_record();
        record.set_event_name("checkout");
        record.set_timestamp(at(10));
        record.set_observed_timestamp(at(11));
        record.set_severity_number(Severity::Info3);
        record.set_severity_text("NOTICE");
        record.set_trace_context(trace_id(), span_id(), None);
        record.set_body(AnyValue::from_iter([(
            "nested",
            [1, 2].into_iter().collect::<AnyValue>(),
        )]));
        record.add_attribute("text", "a");
        record.add_attribute("bytes", AnyValue::from(&[0, 250, 7][..]));
        record.add_attributes([("float", 0.5)]);
        record.add_attributes([("boolean", true)]);
        logger.emit(record);
        assert!(otlp.shutdown_blocking(PATIENCE).is_complete());

        let [record] = <[_; 1]>::try_from(sink.log_records()).unwrap();
        assert_eq!(record.event_name, "checkout");
        assert_eq!(
            (record.time_unix_nano, record.observed_time_unix_nano),
            (10_000_000_000, 11_000_000_000)
        );
        assert_eq!(
            (record.severity_number, &*record.severity_text),
            (11, "NOTICE")
        );
        assert_eq!(
            (&*record.trace_id, &*record.span_id),
            (&[7; 16][..], &[9; 8][..])
        );
        let values = [1, 2]
            .map(|value| any(Any::IntValue(value)).unwrap())
            .to_vec();
        let nested = attribute("nested", Any::ArrayValue(ArrayValue { values }));
        let values = vec![nested];
        assert_eq!(record.body, any(Any::KvlistValue(KeyValueList { values })));
        assert_eq!(
            record.attributes,
            [
                attribute("text", text("a")),
                attribute("bytes", Any::BytesValue(vec![0, 250, 7])),
                attribute("float", Any::DoubleValue(0.5)),
                attribute("boolean", Any::BoolValue(true)),
                attribute("otel.scope.name", text("client")),
                attribute("otel.scope.version", text("1.2")),
            ]
        );
    }
}
