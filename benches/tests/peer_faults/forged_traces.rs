//! Callers that say what is to be recorded.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::SeqCst},
    },
    time::Duration,
};

use axum_tracing_opentelemetry::middleware::OtelAxumLayer;
use opentelemetry::{Context, global, trace::TracerProvider};
use opentelemetry_sdk::{
    error::OTelSdkResult,
    propagation::TraceContextPropagator,
    trace::{Sampler, SdkTracerProvider, Span, SpanData, SpanProcessor},
};
use steeple_tests::{
    hostile::{ForgedIds, ForgedTraces},
    process::isolated,
    waiting::eventually,
};
use tracing_subscriber::{Registry, layer::SubscriberExt};

use crate::{axum_server, peer::Handlers};

const REQUESTS: u64 = 10_000;

/// How many spans would be exported.
#[derive(Clone, Debug, Default)]
struct Exported(Arc<AtomicU64>);

impl SpanProcessor for Exported {
    fn on_start(&self, _: &mut Span, _: &Context) {}

    fn on_end(&self, span: SpanData) {
        self.0
            .fetch_add(u64::from(span.span_context.is_sampled()), SeqCst);
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }
}

/// How many are exported of as many requests with `sampled` flags and with `ids`, by a sampler of a tenth of all.
fn exported(test: &str, sampled: bool, ids: ForgedIds, expected: u64) {
    isolated(test, || {
        let exported = Exported::default();
        let tenth = Sampler::TraceIdRatioBased(0.1);
        let provider = SdkTracerProvider::builder()
            .with_sampler(Sampler::ParentBased(Box::new(tenth)))
            .with_span_processor(exported.clone())
            .build();
        global::set_text_map_propagator(TraceContextPropagator::new());
        let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("peer"));
        tracing::subscriber::set_global_default(Registry::default().with(layer))
            .expect("a process of its own");
        let address = axum_server::serve(&Arc::<Handlers>::default(), |router| {
            router.layer(OtelAxumLayer::default())
        });
        let attack = ForgedTraces {
            requests: REQUESTS,
            path: "/hello",
            sampled,
            ids,
        };
        assert_eq!(attack.run(address).expect("the peer serves"), REQUESTS);
        eventually("the spans have ended", || {
            exported.0.load(SeqCst) == expected
        });
    });
}

#[test]
fn axum_tracing_opentelemetry_exports_all_that_callers_want() {
    exported(
        "forged_traces::axum_tracing_opentelemetry_exports_all_that_callers_want",
        true,
        ForgedIds::Highest,
        REQUESTS,
    );
}

#[test]
fn axum_tracing_opentelemetry_exports_nothing_that_callers_do_not_want() {
    exported(
        "forged_traces::axum_tracing_opentelemetry_exports_nothing_that_callers_do_not_want",
        false,
        ForgedIds::Lowest,
        0,
    );
}
