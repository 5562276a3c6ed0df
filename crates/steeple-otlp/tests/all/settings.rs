//! What is told in code and by the environment, and which of it wins.

use std::{error::Error, ffi::OsString, time::Duration};

use opentelemetry_proto::tonic::metrics::v1::{AggregationTemporality, metric::Data};
use steeple_metrics::Registry;
use steeple_otlp::{
    Delivery, LogRecord, Otlp, OtlpBuilder, OtlpError, OtlpReport, Protocol, Severity, Signal,
};

use crate::{
    signals::{attribute, end_spans, text},
    sink::{PATIENCE, Sink},
};

fn variables<'a>(set: &'a [(&str, &str)]) -> impl Fn(&str) -> Option<OsString> {
    move |key| {
        let found = set.iter().find(|(name, _)| *name == key);
        found.map(|(_, value)| OsString::from(value))
    }
}

fn configured(builder: OtlpBuilder, set: &[(&str, &str)]) -> OtlpBuilder {
    builder.environment(variables(set)).unwrap()
}

/// The error with all of its sources.
fn told(error: &dyn Error) -> String {
    let mut told = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        told.extend([": ", &error.to_string()]);
        source = error.source();
    }
    told
}

/// Sends one span, one log record and the metrics.
fn send_all(builder: OtlpBuilder) -> OtlpReport {
    let otlp = builder.start(Registry::new()).unwrap();
    end_spans(&otlp, 1);
    if let Some(logs) = otlp.logs() {
        logs.emit(&LogRecord::new(Severity::Info, "hello"));
    }
    let report = otlp.shutdown_blocking(PATIENCE);
    assert!(report.is_complete(), "{report:?}");
    report
}

fn paths(sink: &Sink) -> Vec<String> {
    let mut paths: Vec<_> = sink
        .requests()
        .into_iter()
        .map(|request| request.path.clone())
        .collect();
    paths.sort_unstable();
    paths
}

#[test]
fn what_is_said_of_one_signal_wins_and_the_environment_over_code() {
    let [code, code_logs, environment, environment_traces] = [(); 4].map(|()| Sink::new());
    let builder = Otlp::builder()
        .endpoint(code.url())
        .header("from", "code")
        .signal(
            Signal::Logs,
            Delivery::new().endpoint(code_logs.url() + "/own/logs"),
        );
    let _ = send_all(builder.clone());
    assert_eq!(paths(&code), ["/v1/metrics", "/v1/traces"]);
    assert_eq!(paths(&code_logs), ["/own/logs"]);

    let general = environment.url() + "/base/";
    let traces = environment_traces.url() + "/own/traces?tenant=a";
    let builder = configured(
        builder,
        &[
            ("OTEL_EXPORTER_OTLP_ENDPOINT", &general),
            ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", &traces),
            ("OTEL_EXPORTER_OTLP_HEADERS", "from=environment"),
            ("OTEL_EXPORTER_OTLP_LOGS_HEADERS", "from=%6Cogs"),
            ("OTEL_EXPORTER_OTLP_METRICS_PROTOCOL", "http/json"),
            ("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip"),
        ],
    );
    let _ = send_all(builder);
    assert_eq!(paths(&environment), ["/base/v1/logs", "/base/v1/metrics"]);
    assert_eq!(paths(&environment_traces), ["/own/traces?tenant=a"]);
    for request in environment.requests() {
        let (from, content_type) = match &*request.path {
            "/base/v1/logs" => ("logs", "application/x-protobuf"),
            _ => ("environment", "application/json"),
        };
        assert_eq!(request.headers["from"], from);
        assert_eq!(request.headers["content-type"], content_type);
        assert_eq!(request.headers["content-encoding"], "gzip");
    }
    assert_eq!((paths(&code).len(), paths(&code_logs).len()), (2, 1));
}

#[test]
fn signals_are_exported_unless_that_is_switched_off() {
    let sink = Sink::new();
    let builder = Otlp::builder().endpoint(sink.url()).without(Signal::Traces);
    let report = send_all(builder.clone());
    assert!(report.traces.is_none() && report.metrics.is_some() && report.logs.is_some());
    let switched = [
        ("OTEL_TRACES_EXPORTER", "otlp"),
        ("OTEL_METRICS_EXPORTER", "prometheus"),
        ("OTEL_LOGS_EXPORTER", "none"),
    ];
    let report = send_all(configured(builder, &switched));
    assert!(report.traces.is_some() && report.metrics.is_none() && report.logs.is_none());
}

#[test]
fn a_malformed_endpoint_is_an_error_that_names_key_value_and_accepted_form() {
    for key in [
        "OTEL_EXPORTER_OTLP_ENDPOINT",
        "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
        "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT",
        "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT",
    ] {
        for (url, shown) in [
            ("collector:4318", "collector:4318"),
            ("ftp://ada:hunter2@collector", "ftp://collector"),
            ("http://", "http://"),
        ] {
            let builder = configured(Otlp::builder(), &[(key, url)]);
            let error = builder.check().unwrap_err();
            let told = told(&error);
            assert!(
                told.contains(key) && told.contains(shown) && told.contains("such as"),
                "{told}"
            );
            assert!(!told.contains("hunter2"), "{told}");
            assert!(builder.start(Registry::new()).is_err());
        }
    }
    let error = Otlp::builder().endpoint("collector").check().unwrap_err();
    let told = told(&error);
    assert!(told.contains("`collector` is no URL"), "{told}");
}

#[test]
fn a_backend_that_cannot_be_sent_to_cannot_be_asked_either() {
    let probe = Otlp::builder().endpoint("collector").probe();
    assert!(matches!(probe, Err(OtlpError::Endpoint { .. })));
    assert!(Otlp::builder().probe().is_ok());
}

#[test]
fn what_this_build_cannot_do_is_an_error() {
    let grpc = Otlp::builder().protocol(Protocol::Grpc).check();
    let https = Otlp::builder().endpoint("https://collector").check();
    if cfg!(feature = "grpc") {
        grpc.unwrap();
    } else {
        assert!(matches!(grpc, Err(OtlpError::NoGrpc)));
    }
    if cfg!(feature = "tls") {
        https.unwrap();
    } else {
        let told = told(&https.unwrap_err());
        assert!(told.contains("feature `tls`"), "{told}");
    }
}

#[test]
fn a_header_that_cannot_be_sent_is_an_error_that_keeps_its_value() {
    for (name, value) in [
        ("api key", "hunter2"),
        ("api-key", "hunter2\n"),
        ("te", "hunter2"),
    ] {
        let error = Otlp::builder().header(name, value).check().unwrap_err();
        let told = told(&error);
        assert!(told.contains(name) && !told.contains("hunter2"), "{told}");
    }
    let builder = Otlp::builder()
        .endpoint("http://ada:hunter2@collector")
        .header("api-key", "hunter2");
    let shown = format!("{builder:?}");
    assert!(
        shown.contains("api-key") && !shown.contains("hunter2"),
        "{shown}"
    );
}

#[test]
fn an_apm_of_elastic_is_told_what_it_asks_for() {
    let sink = Sink::new();
    let url = sink.url();
    let registry = Registry::new();
    registry.counter("orders", &[]).unwrap().increment(1);
    let set = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", &*url),
        (
            "OTEL_EXPORTER_OTLP_HEADERS",
            "Authorization=ApiKey TGliZXJ0eQ==",
        ),
        ("OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE", "delta"),
        (
            "OTEL_RESOURCE_ATTRIBUTES",
            "service.version=1.2.3,deployment.environment.name=production",
        ),
        ("OTEL_SERVICE_NAME", "shop"),
    ];
    let builder = Otlp::builder().resource_attribute("service.name", "of the code");
    let otlp = configured(builder, &set).start(registry).unwrap();
    assert!(otlp.shutdown_blocking(PATIENCE).is_complete());
    let [request] = &sink.requests()[..] else {
        panic!("{:?}", sink.requests());
    };
    assert_eq!(request.headers["authorization"], "ApiKey TGliZXJ0eQ==");
    let resource = request
        .metrics()
        .resource_metrics
        .remove(0)
        .resource
        .unwrap();
    for (key, value) in [
        ("service.name", "shop"),
        ("service.version", "1.2.3"),
        ("deployment.environment", "production"),
        ("deployment.environment.name", "production"),
    ] {
        let expected = attribute(key, text(value));
        assert!(resource.attributes.contains(&expected), "{key}");
    }
    let orders = sink
        .metrics()
        .into_iter()
        .find(|metric| metric.name == "orders");
    let Some(Data::Sum(sum)) = orders.unwrap().data else {
        panic!("a sum");
    };
    assert_eq!(sum.aggregation_temporality(), AggregationTemporality::Delta);
}

#[test]
fn an_interval_that_would_not_pause_is_an_error() {
    for interval in [Duration::ZERO, Duration::from_secs(90_000)] {
        let error = Otlp::builder().metric_interval(interval).check();
        assert!(
            matches!(error, Err(OtlpError::Interval { .. })),
            "{error:?}"
        );
    }
}

#[test]
fn half_an_identity_is_an_error() {
    let certificate = ("OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", "client.pem");
    let key = ("OTEL_EXPORTER_OTLP_LOGS_CLIENT_KEY", "key.pem");
    for half in [certificate, key] {
        let error = configured(Otlp::builder(), &[half]).check().unwrap_err();
        assert!(matches!(error, OtlpError::Identity { .. }), "{error:?}");
    }
    if !cfg!(feature = "tls") {
        let builder = Otlp::builder().certificate("authority.pem");
        assert!(matches!(builder.check(), Err(OtlpError::NoTls)));
    }
}

#[test]
fn batches_and_the_queue_are_as_the_environment_says() {
    let sink = Sink::new();
    let builder = configured(
        Otlp::builder()
            .endpoint(sink.url())
            .without(Signal::Metrics),
        &[
            ("OTEL_BLRP_SCHEDULE_DELAY", "3600000"),
            ("OTEL_BLRP_MAX_EXPORT_BATCH_SIZE", "4"),
            ("OTEL_BSP_SCHEDULE_DELAY", "3600000"),
            ("OTEL_BSP_MAX_QUEUE_SIZE", "5"),
        ],
    );
    let otlp = builder.start(Registry::new()).unwrap();
    let logs = otlp.logs().unwrap();
    for number in 0..9_i64 {
        logs.emit(&LogRecord::new(Severity::Info, number));
    }
    sink.wait_until("two full batches", |requests| requests.len() == 2);
    assert_eq!(sink.log_records().len(), 8);

    end_spans(&otlp, 8);
    let figures = otlp.accounting(Signal::Traces).unwrap();
    assert_eq!(
        (figures.created, figures.queued, figures.dropped_total()),
        (8, 5, 3)
    );
    assert_eq!(otlp.flush_blocking(PATIENCE).traces.unwrap().exported, 5);
    let figures = otlp.accounting(Signal::Logs).unwrap();
    assert_eq!((figures.exported, figures.created), (9, 9));
}

#[test]
fn an_attempt_ends_after_the_timeout_and_a_batch_after_its_own() {
    let answers = vec![crate::sink::Answer::Stall; 100];
    let sink = Sink::answering(answers);
    let builder = configured(
        Otlp::builder()
            .endpoint(sink.url())
            .without(Signal::Metrics),
        &[
            ("OTEL_EXPORTER_OTLP_LOGS_TIMEOUT", "50"),
            ("OTEL_BLRP_EXPORT_TIMEOUT", "60"),
        ],
    );
    let otlp = builder.start(Registry::new()).unwrap();
    otlp.logs()
        .unwrap()
        .emit(&LogRecord::new(Severity::Info, "lost"));
    let report = otlp.flush_blocking(PATIENCE).logs.unwrap();
    assert_eq!((report.exported, report.lost, report.pending), (0, 1, 0));
    assert!(sink.requests().len() <= 3, "{}", sink.requests().len());
    let _ = otlp.shutdown_blocking(Duration::ZERO);
}

#[cfg(feature = "grpc")]
#[test]
fn an_endpoint_of_grpc_may_be_without_its_scheme() {
    let sink = crate::grpc::answering([]);
    let address = sink.address().to_string();
    let set = [
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", &address),
        ("OTEL_EXPORTER_OTLP_INSECURE", "true"),
    ];
    let _ = send_all(configured(Otlp::builder(), &set));
    assert_eq!(paths(&sink), ["logs", "metrics", "trace"]);
    // Without that, it is of TLS.
    let secure = configured(Otlp::builder(), &set[..2]).check();
    assert_eq!(secure.is_ok(), cfg!(feature = "tls"));
}
