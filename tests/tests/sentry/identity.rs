use std::{fs, time::Duration};

use opentelemetry_proto::tonic::metrics::v1::{Exemplar, metric::Data};
use serde_json::Value;
use steeple::{
    Steeple, current,
    logs::{Format as LogFormat, RollingFile},
    metrics::{Escaping, Format},
    sentry::sentry_core::{
        self, Level,
        protocol::{Context, Event},
    },
};
use steeple_tests::{backends::OtlpSink, process::isolated, waiting::within};

use crate::service::{Events, Handle, ask, on_actix, on_axum};

const PATIENCE: Duration = Duration::from_secs(60);
const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

/// Fails, with a line and a message.
#[derive(Clone)]
struct Fails;

impl Handle for Fails {
    async fn handle(&self, _order: u32) -> u16 {
        tokio::time::sleep(Duration::from_millis(1)).await;
        tracing::warn!(target: "shop", "the stock is low");
        sentry_core::capture_message("the stock is low", Level::Warning);
        current::attach(&std::io::Error::other("no stock"));
        500
    }
}

/// The ids of a trace and of a span in it.
type Ids = (String, String);

fn ids_of(event: &Event<'_>) -> Ids {
    let Some(Context::Trace(trace)) = event.contexts.get("trace") else {
        panic!("{event:#?}");
    };
    (trace.trace_id.to_string(), trace.span_id.to_string())
}

fn hex(id: &[u8]) -> String {
    id.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn exemplar(sink: &OtlpSink) -> Option<Exemplar> {
    let metrics = sink.metrics().into_iter().map(|metric| metric.what);
    let durations = metrics.filter(|metric| metric.name == "http.server.request.duration");
    let points = durations.flat_map(|metric| match metric.data {
        Some(Data::Histogram(histogram)) => histogram.data_points,
        _ => Vec::new(),
    });
    points.flat_map(|point| point.exemplars).next()
}

/// That of the durations that is scraped.
fn scraped_exemplar(steeple: &Steeple) -> Option<Ids> {
    let format = Format::OpenMetrics(Escaping::default());
    let text = steeple.registry().exposition(format).flatten().collect();
    let text = String::from_utf8(text).unwrap();
    let mut buckets = text
        .lines()
        .filter(|line| line.starts_with("http_server_request_duration_seconds_bucket"));
    let (_, exemplar) = buckets.find_map(|line| line.split_once(" # "))?;
    let label = |name| exemplar.split_once(name)?.1.split('"').nth(1);
    Some((label("trace_id")?.to_owned(), label("span_id")?.to_owned()))
}

/// Those of a line of the log.
fn ids_in(line: &Value) -> Ids {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    (text(&line["trace"]["id"]), text(&line["span"]["id"]))
}

fn all_signals_have_the_same_ids(serve: fn(&Steeple, Fails) -> String) {
    let (sink, events) = (OtlpSink::start().unwrap(), Events::default());
    let (url, kept) = (sink.url(), events.clone());
    let directory = tempfile::tempdir().unwrap();
    let log = directory.path().join("shop.log");
    let file = RollingFile::new(&log);
    let steeple = Steeple::builder("shop")
        .private()
        .without_ops()
        .logs(move |logs| logs.to(file, LogFormat::Ecs))
        .otlp(move |otlp| otlp.endpoint(url))
        .sentry(move |sentry| kept.keep(sentry).isolate_scopes(true))
        .build()
        .unwrap();
    steeple.install_subscriber().unwrap();
    let service = serve(&steeple, Fails);
    let caller = format!("00-{TRACE}-00f067aa0ba902b7-01");
    ask(&service, 7, &[("traceparent", &caller)]);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (span, exemplar) = within(PATIENCE, || {
        let _ = runtime.block_on(steeple.flush(PATIENCE));
        let span = sink.spans().into_iter().next()?.what;
        Some((span, exemplar(&sink)?))
    })
    .unwrap();

    assert_eq!(span.name, "GET /orders/{order}");
    let of_span = (hex(&span.trace_id), hex(&span.span_id));
    assert_eq!(of_span.0, TRACE);
    assert_eq!((hex(&exemplar.trace_id), hex(&exemplar.span_id)), of_span);
    assert_eq!(scraped_exemplar(&steeple), Some(of_span.clone()));
    let written = fs::read_to_string(log).unwrap();
    let lines = written
        .lines()
        .map(|line| serde_json::from_str(line).unwrap());
    let of_lines: Vec<_> = lines
        .filter(|line: &Value| line["message"] == "the stock is low")
        .map(|line| ids_in(&line))
        .collect();
    let [of_line] = &*of_lines else {
        panic!("{written}");
    };
    assert_eq!(*of_line, of_span);
    let of_events: Vec<_> = events.taken().iter().map(ids_of).collect();
    // What was captured, and the failure.
    assert_eq!(of_events, [of_span.clone(), of_span]);
}

#[test]
fn on_axum_all_signals_have_the_same_ids() {
    let name = "identity::on_axum_all_signals_have_the_same_ids";
    isolated(name, || all_signals_have_the_same_ids(on_axum));
}

#[test]
fn on_actix_all_signals_have_the_same_ids() {
    let name = "identity::on_actix_all_signals_have_the_same_ids";
    isolated(name, || all_signals_have_the_same_ids(on_actix));
}
