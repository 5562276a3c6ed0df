//! How the peers are set up: as their documentation says, without an export.

use std::time::Duration;

use actix_web_prom::{PrometheusMetrics, PrometheusMetricsBuilder};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusRecorder};
use opentelemetry::{global, trace::TracerProvider as _};
use opentelemetry_instrumentation_actix_web::RequestMetrics;
use opentelemetry_instrumentation_tower::http::server;
use opentelemetry_sdk::{
    metrics::{InMemoryMetricExporter, PeriodicReader, SdkMeterProvider},
    propagation::TraceContextPropagator,
    trace::{Span, SpanData, SpanProcessor},
};
use opentelemetry_sdk_032::metrics as metrics_032;
use tracing_subscriber::{Registry, layer::SubscriberExt};

/// Longer than any measurement, so that nothing is exported within one.
const NO_EXPORT: Duration = Duration::from_secs(24 * 3600);

/// A provider whose metrics are kept in memory and read after `force_flush`.
#[must_use]
pub fn in_memory_meter_provider() -> (SdkMeterProvider, InMemoryMetricExporter) {
    let exporter = InMemoryMetricExporter::default();
    let reader = PeriodicReader::builder(exporter.clone())
        .with_interval(NO_EXPORT)
        .build();
    let provider = SdkMeterProvider::builder().with_reader(reader).build();
    (provider, exporter)
}

/// The same from the OpenTelemetry release that axum-otel-metrics names.
#[must_use]
pub fn in_memory_meter_provider_032() -> (
    metrics_032::SdkMeterProvider,
    metrics_032::InMemoryMetricExporter,
) {
    let exporter = metrics_032::InMemoryMetricExporter::default();
    let reader = metrics_032::PeriodicReader::builder(exporter.clone())
        .with_interval(NO_EXPORT)
        .build();
    let provider = metrics_032::SdkMeterProvider::builder()
        .with_reader(reader)
        .build();
    (provider, exporter)
}

/// The layer with metrics alone, since no tracer is installed; it reads the process-wide meter
/// provider when it is built.
#[must_use]
pub fn opentelemetry_tower(meters: SdkMeterProvider) -> server::Layer {
    global::set_meter_provider(meters);
    server::Layer::new()
}

/// actix-web-prom with a registry of its own.
///
/// # Panics
///
/// Never: a new registry takes every name.
pub fn actix_web_prom() -> PrometheusMetrics {
    match PrometheusMetricsBuilder::new("api").build() {
        Ok(metrics) => metrics,
        Err(error) => panic!("a new registry takes every name: {error}"),
    }
}

/// The middleware with metrics alone.
#[must_use]
pub fn opentelemetry_actix(meters: &SdkMeterProvider) -> RequestMetrics {
    RequestMetrics::builder()
        .with_meter_provider(meters.clone())
        .build()
}

/// A recorder of metrics-exporter-prometheus with these boundaries for every histogram.
pub(crate) fn prometheus_recorder(bounds: &[f64]) -> PrometheusRecorder {
    match PrometheusBuilder::new().set_buckets(bounds) {
        Ok(builder) => builder.build_recorder(),
        Err(error) => panic!("the benches name boundaries: {error}"),
    }
}

/// A histogram of `prometheus` with these boundaries.
pub(crate) fn prometheus_histogram(bounds: &[f64]) -> prometheus::Histogram {
    let options = prometheus::HistogramOpts::new("duration", "Duration").buckets(bounds.to_vec());
    match prometheus::Histogram::with_opts(options) {
        Ok(histogram) => histogram,
        Err(error) => panic!("the benches name valid metrics: {error}"),
    }
}

/// The process-wide recorder with axum-prometheus' own boundaries; nobody runs its upkeep.
pub(crate) fn install_prometheus_recorder() {
    let recorder = prometheus_recorder(axum_prometheus::utils::SECONDS_DURATION_BUCKETS);
    if let Err(error) = metrics::set_global_recorder(recorder) {
        panic!("a process measures one subject: {error}");
    }
}

/// A subscriber that keeps spans and drops them, at every level.
pub(crate) fn install_span_registry() {
    install_subscriber(Registry::default());
}

/// A tracer that samples every span and discards it when it ends.
pub(crate) fn install_discarding_tracer() -> opentelemetry_sdk::trace::SdkTracerProvider {
    let provider = opentelemetry_sdk::trace::SdkTracerProvider::builder()
        .with_span_processor(Discard)
        .build();
    global::set_text_map_propagator(TraceContextPropagator::new());
    let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("benches"));
    install_subscriber(Registry::default().with(layer));
    provider
}

pub(crate) fn install_subscriber(subscriber: impl tracing::Subscriber + Send + Sync + 'static) {
    if let Err(error) = tracing::subscriber::set_global_default(subscriber) {
        panic!("a process measures one subject: {error}");
    }
}

#[derive(Debug)]
struct Discard;

impl SpanProcessor for Discard {
    fn on_start(&self, _: &mut Span, _: &opentelemetry::Context) {}

    fn on_end(&self, _: SpanData) {}

    fn force_flush(&self) -> opentelemetry_sdk::error::OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> opentelemetry_sdk::error::OTelSdkResult {
        Ok(())
    }
}
