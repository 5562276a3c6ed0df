use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use opentelemetry_proto::tonic::metrics::v1::{Exemplar, metric::Data};
use steeple::{
    Steeple,
    core::TraceContext,
    current,
    sentry::sentry_core::{
        self, Level,
        protocol::{Context as SentryContext, Event},
    },
};
use steeple_tests::{backends::OtlpSink, waiting::within};
use tracing::{Dispatch, Subscriber};
use tracing_subscriber::{Layer, layer::Context, prelude::*};

use crate::service::{Events, Handle, ask, on_actix, on_axum};

const PATIENCE: Duration = Duration::from_secs(60);
const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

/// A layer of the application's own that sees lines of log.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<Option<TraceContext>>>>);

impl<S: Subscriber> Layer<S> for Lines {
    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        if event.metadata().target() == "shop" {
            self.0.lock().unwrap().push(current::trace());
        }
    }
}

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
    let Some(SentryContext::Trace(trace)) = event.contexts.get("trace") else {
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

fn all_signals_have_the_same_ids(serve: fn(&Steeple, Fails) -> String) {
    let (sink, events, lines) = (
        OtlpSink::start().unwrap(),
        Events::default(),
        Lines::default(),
    );
    let (url, kept) = (sink.url(), events.clone());
    let subscriber = Dispatch::new(tracing_subscriber::registry().with(lines.clone()));
    let steeple = Steeple::builder("shop")
        .private()
        .without_ops()
        .observer(|observer| observer.local_subscriber(subscriber))
        .otlp(move |otlp| otlp.endpoint(url))
        .sentry(move |sentry| kept.keep(sentry).isolate_scopes(true))
        .build()
        .unwrap();
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
    let lines = lines.0.lock().unwrap();
    let of_lines: Vec<_> = lines
        .iter()
        .flatten()
        .map(|trace| (trace.trace_id().to_string(), trace.span_id().to_string()))
        .collect();
    assert!(
        of_lines.len() == 1 && of_lines[0] == of_span,
        "{of_lines:?}"
    );
    let of_events: Vec<_> = events.taken().iter().map(ids_of).collect();
    // What was captured, and the failure.
    assert_eq!(of_events, [of_span.clone(), of_span]);
}

#[test]
fn on_axum_all_signals_have_the_same_ids() {
    all_signals_have_the_same_ids(on_axum);
}

#[test]
fn on_actix_all_signals_have_the_same_ids() {
    all_signals_have_the_same_ids(on_actix);
}
