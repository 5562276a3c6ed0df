//! The released crates under test, each around the same application.

use std::{
    future,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::SeqCst},
    },
};

use axum_prometheus::{PrometheusMetricLayer, utils::SECONDS_DURATION_BUCKETS};
use metrics_exporter_prometheus::PrometheusBuilder;
use prometheus::TextEncoder;
use steeple_benches::{
    actix_web_prom, in_memory_meter_provider, in_memory_meter_provider_032, opentelemetry_actix,
    opentelemetry_tower,
};
use steeple_tests::hostile::visit;

use crate::{actix_server, axum_server, figures::Figures, opentelemetry_figures};

/// What the handlers themselves know about the requests that reached them.
#[derive(Debug, Default)]
pub(crate) struct Handlers {
    entered: AtomicU64,
    left: AtomicU64,
}

impl Handlers {
    /// How many requests came in.
    pub(crate) fn entered(&self) -> u64 {
        self.entered.load(SeqCst)
    }

    /// Whether all that came in, but `forgotten` of them, are over.
    pub(crate) fn are_done(&self, forgotten: u64) -> bool {
        self.left.load(SeqCst) + forgotten >= self.entered()
    }

    /// A handler that waits until its client is gone.
    pub(crate) async fn pending(self: Arc<Self>) -> &'static str {
        let _inside = self.enter();
        future::pending().await
    }

    /// A handler that panics.
    pub(crate) async fn panicking(self: Arc<Self>) -> &'static str {
        let _inside = self.enter();
        panic!("on purpose")
    }

    fn enter(&self) -> Inside<'_> {
        self.entered.fetch_add(1, SeqCst);
        Inside(self)
    }
}

struct Inside<'a>(&'a Handlers);

impl Drop for Inside<'_> {
    fn drop(&mut self) {
        self.0.left.fetch_add(1, SeqCst);
    }
}

/// A peer, serving.
pub(crate) struct Peer {
    pub(crate) address: SocketAddr,
    pub(crate) handlers: Arc<Handlers>,
    /// How many of 1,000 requests its server may go on serving although their clients are gone:
    /// actix-http 3.20 misses some resets that come together with the request, on a busy machine hundreds.
    pub(crate) forgotten: u64,
    figures: Box<dyn Fn() -> Figures>,
}

impl Peer {
    pub(crate) fn figures(&self) -> Figures {
        (self.figures)()
    }

    /// One ordinary request, read to its end.
    pub(crate) fn visit(&self, path: &str) {
        assert_eq!(visit(self.address, path).expect("the peer serves"), 200);
    }

    pub(crate) fn axum_prometheus() -> Self {
        let handle = PrometheusBuilder::new()
            .set_buckets(SECONDS_DURATION_BUCKETS)
            .and_then(PrometheusBuilder::install_recorder)
            .expect("the process has no recorder yet");
        let handlers = Arc::<Handlers>::default();
        Self {
            address: axum_server::serve(&handlers, |router| {
                router.layer(PrometheusMetricLayer::new())
            }),
            handlers,
            forgotten: 0,
            figures: Box::new(move || {
                Figures::from_text(
                    &handle.render(),
                    "axum_http_requests_total",
                    Some("axum_http_requests_pending"),
                )
            }),
        }
    }

    pub(crate) fn axum_otel_metrics() -> Self {
        let (provider, exporter) = in_memory_meter_provider_032();
        let handlers = Arc::<Handlers>::default();
        let layer = axum_otel_metrics::HttpMetricsLayerBuilder::new()
            .with_provider(provider.clone())
            .build();
        Self {
            address: axum_server::serve(&handlers, |router| router.layer(layer)),
            handlers,
            forgotten: 0,
            figures: Box::new(move || opentelemetry_figures::figures_032(&provider, &exporter)),
        }
    }

    pub(crate) fn opentelemetry_tower() -> Self {
        let (provider, exporter) = in_memory_meter_provider();
        let handlers = Arc::<Handlers>::default();
        let layer = opentelemetry_tower(provider.clone());
        Self {
            address: axum_server::serve(&handlers, |router| router.layer(layer)),
            handlers,
            forgotten: 0,
            figures: Box::new(move || opentelemetry_figures::figures(&provider, &exporter)),
        }
    }

    pub(crate) fn actix_web_prom() -> Self {
        let metrics = actix_web_prom();
        let registry = metrics.registry.clone();
        let handlers = Arc::<Handlers>::default();
        Self {
            address: actix_server::serve!(&handlers, metrics),
            handlers,
            forgotten: 500,
            figures: Box::new(move || {
                let text = TextEncoder::new()
                    .encode_to_string(&registry.gather())
                    .expect("its own registry is valid");
                Figures::from_text(&text, "api_http_requests_total", None)
            }),
        }
    }

    pub(crate) fn opentelemetry_actix_web() -> Self {
        let (provider, exporter) = in_memory_meter_provider();
        let handlers = Arc::<Handlers>::default();
        let metrics = opentelemetry_actix(&provider);
        Self {
            address: actix_server::serve!(&handlers, metrics),
            handlers,
            forgotten: 500,
            figures: Box::new(move || opentelemetry_figures::figures(&provider, &exporter)),
        }
    }
}
