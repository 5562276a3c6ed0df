//! The API of OpenTelemetry tells of requests, and its spans and log records are of them.

mod logs;
mod propagation;
mod spans;
mod tail;

use std::collections::HashMap;

use opentelemetry::{
    Context, SpanId, TraceId,
    trace::{SpanContext, TraceContextExt as _, TracerProvider as _, get_active_span},
};
use opentelemetry_proto::tonic::trace::v1::Span;
use steeple_core::{
    HttpVersion, Observation, Observer, RequestHead, Sampler, TraceConfig, TraceContext, current,
};
use steeple_metrics::Registry;
use steeple_otlp::{
    Otlp, OtlpBuilder, Signal,
    opentelemetry::{Tracer, TracerProvider},
};
use tracing::{Dispatch, level_filters::LevelFilter};

use crate::sink::{PATIENCE, Sink};

/// A service whose spans are exported.
struct Stage {
    sink: Sink,
    otlp: Otlp,
    observer: Observer,
    dispatch: Dispatch,
}

impl Stage {
    fn new(sampler: Sampler) -> Self {
        Self::with(sampler, |builder| builder)
    }

    fn with(sampler: Sampler, configure: impl FnOnce(OtlpBuilder) -> OtlpBuilder) -> Self {
        Self::configured(TraceConfig::new().sampler(sampler), configure)
    }

    fn configured(traces: TraceConfig, configure: impl FnOnce(OtlpBuilder) -> OtlpBuilder) -> Self {
        let sink = Sink::new();
        let builder = Otlp::builder()
            .endpoint(sink.url())
            .without(Signal::Metrics);
        let otlp = configure(builder).start(Registry::new()).unwrap();
        let observer = Observer::builder()
            .traces(otlp.opentelemetry_context(traces))
            .sink(otlp.request_spans().unwrap())
            .build()
            .unwrap();
        let subscriber = otlp.tracing_subscriber(&observer, LevelFilter::INFO);
        Self {
            sink,
            dispatch: Dispatch::new(subscriber.unwrap()),
            otlp,
            observer,
        }
    }

    fn recording() -> Self {
        Self::new(Sampler::always_on())
    }

    fn request(&self) -> Observation {
        self.observer.start(&RequestHead {
            method: "GET",
            scheme: None,
            version: HttpVersion::Http2,
            route: Some("/".into()),
            headers: &(),
            body_size: None,
            details: &Default::default,
        })
    }

    fn provider(&self) -> TracerProvider {
        self.otlp.tracer_provider(&self.observer).unwrap()
    }

    fn tracer(&self) -> Tracer {
        self.provider().tracer("")
    }

    /// Runs `f` in a recorded request, and tells the spans by name; that of the request is `GET /`.
    fn spans_of<R>(self, f: impl FnOnce(&Tracer) -> R) -> (R, HashMap<String, Span>) {
        let tracer = self.tracer();
        let mut request = self.request();
        let result = tracing::dispatcher::with_default(&self.dispatch, || {
            request.run(|| f(&tracer)).unwrap()
        });
        request.finish();
        (result, self.spans())
    }

    fn spans(self) -> HashMap<String, Span> {
        assert!(self.otlp.shutdown_blocking(PATIENCE).is_complete());
        let spans = self.sink.spans().into_iter();
        spans.map(|span| (span.name.clone(), span)).collect()
    }
}

/// Where the running code is, which the API and `current` agree on.
fn here() -> TraceContext {
    let here = current::trace().unwrap();
    assert_eq!(
        in_context(),
        (here.trace_id().to_bytes(), here.span_id().to_bytes())
    );
    assert_eq!(current::sampled_trace(), Some(here));
    here
}

fn in_context() -> ([u8; 16], [u8; 8]) {
    get_active_span(|span| ids(span.span_context()))
}

fn ids(span: &SpanContext) -> ([u8; 16], [u8; 8]) {
    (span.trace_id().to_bytes(), span.span_id().to_bytes())
}

fn is_nowhere() -> bool {
    !Context::current().has_active_span() && current::trace().is_none()
}

fn trace_id() -> TraceId {
    TraceId::from_bytes([7; 16])
}

fn span_id() -> SpanId {
    SpanId::from_bytes([9; 8])
}
