//! What is measured.

use std::{any::Any, fmt, str::FromStr, sync::Arc};

use axum::Router;
use steeple_core::Observer;
use tower_http::trace::TraceLayer;

use crate::{
    baselines::{DoNothing, Floor},
    peers,
    routers::twenty_routes,
};

/// A router with one of the observing layers around it, or with none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// The router alone.
    Bare,
    /// A layer that wraps service, future and body, holds one `Arc`, and does nothing.
    DoNothing,
    /// The hand-written floor: clock pair, counter, histogram, gauge.
    Floor,
    /// steeple with the metrics, the request id and the panic capture that it always has.
    Steeple,
    /// tower-http's `TraceLayer`, over a subscriber that keeps spans and writes nothing.
    TraceLayer,
    /// axum-prometheus over metrics-exporter-prometheus.
    AxumPrometheus,
    /// opentelemetry-instrumentation-tower, metrics only.
    OtelTower,
    /// axum-tracing-opentelemetry over tracing-opentelemetry, every span sampled and discarded.
    AxumTracingOtel,
    /// axum-otel-metrics.
    AxumOtelMetrics,
}

/// A subject's router, and what must outlive it.
pub(crate) struct Observed {
    pub(crate) router: Router,
    /// Meter providers stop recording when dropped.
    #[expect(dead_code, reason = "held for its drop")]
    pub(crate) provider: Option<Box<dyn Any + Send>>,
}

impl Subject {
    /// All of them, baselines first.
    pub const ALL: [Self; 9] = [
        Self::Bare,
        Self::DoNothing,
        Self::Floor,
        Self::Steeple,
        Self::TraceLayer,
        Self::AxumPrometheus,
        Self::OtelTower,
        Self::AxumTracingOtel,
        Self::AxumOtelMetrics,
    ];

    /// The name on the command line and in the report.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Bare => "bare",
            Self::DoNothing => "do-nothing",
            Self::Floor => "floor",
            Self::Steeple => "steeple",
            Self::TraceLayer => "tower-http-trace",
            Self::AxumPrometheus => "axum-prometheus",
            Self::OtelTower => "opentelemetry-instrumentation-tower",
            Self::AxumTracingOtel => "axum-tracing-opentelemetry",
            Self::AxumOtelMetrics => "axum-otel-metrics",
        }
    }

    /// Builds the router. Some subjects install process-wide state, so a process measures one.
    pub(crate) fn observe(self) -> Observed {
        let mut provider: Option<Box<dyn Any + Send>> = None;
        let routes = twenty_routes();
        let router = match self {
            Self::Bare => routes,
            Self::DoNothing => routes.layer(DoNothing::default()),
            Self::Floor => routes.layer(Floor::default()),
            Self::Steeple => routes.layer(steeple_axum::layer(&observer())),
            Self::TraceLayer => {
                peers::install_span_registry();
                routes.layer(TraceLayer::new_for_http())
            }
            Self::AxumPrometheus => {
                peers::install_prometheus_recorder();
                routes.layer(axum_prometheus::PrometheusMetricLayer::new())
            }
            Self::OtelTower => {
                let (meters, _) = peers::in_memory_meter_provider();
                provider = Some(Box::new(meters.clone()));
                routes.layer(peers::opentelemetry_tower(meters))
            }
            Self::AxumTracingOtel => {
                provider = Some(Box::new(peers::install_discarding_tracer()));
                routes.layer(axum_tracing_opentelemetry::middleware::OtelAxumLayer::default())
            }
            Self::AxumOtelMetrics => {
                let (meters, _) = peers::in_memory_meter_provider_032();
                provider = Some(Box::new(meters.clone()));
                routes.layer(
                    axum_otel_metrics::HttpMetricsLayerBuilder::new()
                        .with_provider(meters)
                        .build(),
                )
            }
        };
        Observed {
            router: router.with_state(()),
            provider,
        }
    }
}

fn observer() -> Observer {
    let registry = Arc::new(steeple_metrics::Registry::new());
    match Observer::builder().recorder(registry).build() {
        Ok(observer) => observer,
        Err(error) => panic!("it declares no label: {error}"),
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// A name that no [`Subject`] has.
#[derive(Debug, thiserror::Error)]
#[error("no subject is called `{0}`: run `list` for their names")]
pub struct UnknownSubject(String);

impl FromStr for Subject {
    type Err = UnknownSubject;

    fn from_str(name: &str) -> Result<Self, UnknownSubject> {
        Self::ALL
            .into_iter()
            .find(|subject| subject.name() == name)
            .ok_or_else(|| UnknownSubject(name.to_owned()))
    }
}
