//! steeple with request metrics and traces, what is recorded being queued for a collector that is not there.

use axum::{Router, routing::get};
use steeple_core::{Observer, Sampler, TraceConfig, Trust};
use steeple_otlp::{Otlp, Signal};
use tracing::level_filters::LevelFilter;

use crate::{
    axum_app, peers, request,
    subjects::{self, Observed},
};

/// Records what the caller does, which is trusted and does.
pub(crate) fn always() -> Sampler {
    Sampler::always_on().parent_based()
}

/// The application.
pub(crate) fn requests(routes: Router, sampler: Sampler) -> Observed {
    let (otlp, observer) = observer(sampler);
    Observed::axum(routes.layer(steeple_axum::layer(&observer))).holding(otlp)
}

/// The same with handlers that open a span, for which there is a subscriber.
pub(crate) fn spans(sampler: Sampler) -> Observed {
    let (otlp, observer) = observer(sampler);
    if let Some(subscriber) = otlp.tracing_subscriber(&observer, LevelFilter::INFO) {
        peers::install_subscriber(subscriber);
    }
    let routes = axum_app::routes_to(|| get(request::answer_in_span));
    Observed::axum(routes.layer(steeple_axum::layer(&observer))).holding(otlp)
}

fn observer(sampler: Sampler) -> (Otlp, Observer) {
    let otlp = Otlp::builder()
        .endpoint("http://127.0.0.1:9")
        .without(Signal::Metrics)
        .without(Signal::Logs)
        .start(steeple_metrics::Registry::new());
    let otlp = match otlp {
        Ok(otlp) => otlp,
        Err(error) => panic!("the endpoint is one: {error}"),
    };
    let config = TraceConfig::new()
        .sampler(sampler)
        .trust(Trust::everybody());
    let mut builder = Observer::builder().traces(otlp.opentelemetry_context(config));
    if let Some(spans) = otlp.request_spans() {
        builder = builder.sink(spans);
    }
    (otlp, subjects::build(builder))
}
