//! What is measured.

use std::{any::Any, fmt, str::FromStr, sync::Arc};

use actix_web::App;
use axum::Router;
use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use steeple_core::{Observer, ObserverBuilder, Sampler};
use steeple_sentry::Sentry;
use steeple_tower::ObserveLayer;
use tonic::service::Routes;
use tower_http::trace::TraceLayer;
use tower_layer::{Identity, Layer};
use tower_service::Service;

use crate::{
    actix_app, axum_app,
    baselines::{ActixDoNothing, ActixFloor, DoNothing, Floor},
    logged, peers,
    request::Server,
    tonic_app, traced,
};

/// The application with one of the observing layers around it, or with none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// The axum router alone.
    Bare,
    /// A layer that wraps service, future and body, holds one `Arc`, and does nothing.
    DoNothing,
    /// The hand-written floor: clock pair, counter, histogram, gauge.
    Floor,
    /// steeple with the metrics, the request id and the panic capture that it always has.
    Steeple,
    /// The same, and traces over OTLP, of every request.
    Traced,
    /// The same, and the handler opens a span with three attributes.
    TracedSpan,
    /// Traces of one request in a hundred.
    TracedHundredth,
    /// Traces of no request.
    TracedNever,
    /// The same, and the handler opens the span.
    TracedNeverSpan,
    /// steeple with errors sent to Sentry, of which there are none.
    Sentry,
    /// steeple with an access log in ECS, to a file that keeps nothing.
    AccessLog,
    /// tower-http's `TraceLayer` with ten fields, written as JSON by tracing-subscriber to the same file.
    TraceLayerJson,
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
    /// The actix-web application alone.
    ActixBare,
    /// A `Transform` that wraps service, future and body, holds one `Arc`, and does nothing.
    ActixDoNothing,
    /// The same floor, and the route, asked for after routing.
    ActixFloor,
    /// steeple around the actix-web application.
    ActixSteeple,
    /// steeple with errors sent to Sentry, around the actix-web application.
    ActixSentry,
    /// actix-web-prom over prometheus.
    ActixWebProm,
    /// opentelemetry-instrumentation-actix-web, metrics only.
    OtelActix,
    /// tracing-actix-web, whose span is written as JSON by tracing-subscriber when it ends, to the file that keeps nothing.
    TracingActixJson,
    /// The service on tonic alone.
    TonicBare,
    /// The layer that does nothing, around tonic's routes.
    TonicDoNothing,
    /// The same floor.
    TonicFloor,
    /// steeple around tonic's routes.
    TonicSteeple,
}

/// A framework, for which every baseline stands once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framework {
    /// axum 0.8.
    Axum,
    /// actix-web 4.
    Actix,
    /// tonic 0.14.
    Tonic,
}

impl fmt::Display for Framework {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Axum => "axum",
            Self::Actix => "actix-web",
            Self::Tonic => "tonic",
        })
    }
}

impl Framework {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Axum, Self::Actix, Self::Tonic];

    pub(crate) fn bare(self) -> Subject {
        match self {
            Self::Axum => Subject::Bare,
            Self::Actix => Subject::ActixBare,
            Self::Tonic => Subject::TonicBare,
        }
    }

    pub(crate) fn do_nothing(self) -> Subject {
        match self {
            Self::Axum => Subject::DoNothing,
            Self::Actix => Subject::ActixDoNothing,
            Self::Tonic => Subject::TonicDoNothing,
        }
    }

    pub(crate) fn floor(self) -> Subject {
        match self {
            Self::Axum => Subject::Floor,
            Self::Actix => Subject::ActixFloor,
            Self::Tonic => Subject::TonicFloor,
        }
    }

    pub(crate) fn steeple(self) -> Subject {
        match self {
            Self::Axum => Subject::Steeple,
            Self::Actix => Subject::ActixSteeple,
            Self::Tonic => Subject::TonicSteeple,
        }
    }
}

/// A subject, ready to serve.
pub(crate) struct Observed {
    /// Makes what serves on the thread that asks for it.
    pub(crate) server: Box<dyn Fn() -> Server + Send + Sync>,
    /// Meter providers stop recording when dropped.
    provider: Option<Box<dyn Any + Send + Sync>>,
}

impl Observed {
    pub(crate) fn new(server: impl Fn() -> Server + Send + Sync + 'static) -> Self {
        Self {
            server: Box::new(server),
            provider: None,
        }
    }

    pub(crate) fn axum(router: Router) -> Self {
        let router = router.with_state(());
        Self::new(move || axum_app::server(router.clone()))
    }

    fn tonic<L, B>(layer: &L) -> Self
    where
        L: Layer<Routes>,
        L::Service: Service<Request<tonic::body::Body>, Response = Response<B>, Error: fmt::Debug>
            + Clone
            + Send
            + Sync
            + 'static,
        B: Body<Data = Bytes, Error: fmt::Debug>,
    {
        let service = layer.layer(tonic_app::routes());
        Self::new(move || tonic_app::server(service.clone()))
    }

    pub(crate) fn holding(mut self, provider: impl Any + Send + Sync) -> Self {
        self.provider = Some(Box::new(provider));
        self
    }
}

impl Subject {
    /// All of them, baselines first.
    pub const ALL: [Self; 29] = [
        Self::Bare,
        Self::DoNothing,
        Self::Floor,
        Self::Steeple,
        Self::Traced,
        Self::TracedSpan,
        Self::TracedHundredth,
        Self::TracedNever,
        Self::TracedNeverSpan,
        Self::Sentry,
        Self::AccessLog,
        Self::TraceLayerJson,
        Self::TraceLayer,
        Self::AxumPrometheus,
        Self::OtelTower,
        Self::AxumTracingOtel,
        Self::AxumOtelMetrics,
        Self::ActixBare,
        Self::ActixDoNothing,
        Self::ActixFloor,
        Self::ActixSteeple,
        Self::ActixSentry,
        Self::ActixWebProm,
        Self::OtelActix,
        Self::TracingActixJson,
        Self::TonicBare,
        Self::TonicDoNothing,
        Self::TonicFloor,
        Self::TonicSteeple,
    ];

    /// The name on the command line and in the report.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Bare => "bare",
            Self::DoNothing => "do-nothing",
            Self::Floor => "floor",
            Self::Steeple => "steeple",
            Self::Traced => "steeple-traces-100",
            Self::TracedSpan => "steeple-traces-100-span",
            Self::TracedHundredth => "steeple-traces-1",
            Self::TracedNever => "steeple-traces-0",
            Self::TracedNeverSpan => "steeple-traces-0-span",
            Self::Sentry => "steeple-sentry",
            Self::AccessLog => "steeple-access-log",
            Self::TraceLayerJson => "tower-http-trace-json",
            Self::TraceLayer => "tower-http-trace",
            Self::AxumPrometheus => "axum-prometheus",
            Self::OtelTower => "opentelemetry-instrumentation-tower",
            Self::AxumTracingOtel => "axum-tracing-opentelemetry",
            Self::AxumOtelMetrics => "axum-otel-metrics",
            Self::ActixBare => "actix-bare",
            Self::ActixDoNothing => "actix-do-nothing",
            Self::ActixFloor => "actix-floor",
            Self::ActixSteeple => "actix-steeple",
            Self::ActixSentry => "actix-steeple-sentry",
            Self::ActixWebProm => "actix-web-prom",
            Self::OtelActix => "opentelemetry-instrumentation-actix-web",
            Self::TracingActixJson => "tracing-actix-web-json",
            Self::TonicBare => "tonic-bare",
            Self::TonicDoNothing => "tonic-do-nothing",
            Self::TonicFloor => "tonic-floor",
            Self::TonicSteeple => "tonic-steeple",
        }
    }

    /// What it is made for.
    #[must_use]
    pub fn framework(self) -> Framework {
        if self < Self::ActixBare {
            Framework::Axum
        } else if self < Self::TonicBare {
            Framework::Actix
        } else {
            Framework::Tonic
        }
    }

    /// What serves one request with each call and returns the bytes of the response's body.
    pub fn server(self) -> impl FnMut() -> usize {
        let observed = self.observe();
        let mut server = (observed.server)();
        move || {
            let _held = &observed;
            server()
        }
    }

    /// Builds the application. Some subjects install process-wide state, so a process measures one.
    pub(crate) fn observe(self) -> Observed {
        let routes = axum_app::routes();
        match self {
            Self::Bare => Observed::axum(routes),
            Self::DoNothing => Observed::axum(routes.layer(DoNothing::default())),
            Self::Floor => Observed::axum(routes.layer(Floor::default())),
            Self::Steeple => Observed::axum(routes.layer(steeple_axum::layer(&observer()))),
            Self::Traced => traced::requests(routes, traced::always()),
            Self::TracedSpan => traced::spans(traced::always()),
            Self::TracedHundredth => traced::requests(routes, Sampler::ratio(0.01)),
            Self::TracedNever => traced::requests(routes, Sampler::always_off()),
            Self::TracedNeverSpan => traced::spans(Sampler::always_off()),
            Self::Sentry => {
                let (sentry, observer) = reporting();
                let layer = steeple_axum::layer(&observer);
                Observed::axum(routes.layer(layer)).holding(sentry)
            }
            Self::AccessLog => logged::steeple(routes),
            Self::TraceLayerJson => logged::trace_layer(routes),
            Self::TraceLayer => {
                peers::install_span_registry();
                Observed::axum(routes.layer(TraceLayer::new_for_http()))
            }
            Self::AxumPrometheus => {
                peers::install_prometheus_recorder();
                Observed::axum(routes.layer(axum_prometheus::PrometheusMetricLayer::new()))
            }
            Self::OtelTower => {
                let (meters, _) = peers::in_memory_meter_provider();
                let layer = peers::opentelemetry_tower(meters.clone());
                Observed::axum(routes.layer(layer)).holding(meters)
            }
            Self::AxumTracingOtel => {
                let tracers = peers::install_discarding_tracer();
                let layer = axum_tracing_opentelemetry::middleware::OtelAxumLayer::default();
                Observed::axum(routes.layer(layer)).holding(tracers)
            }
            Self::AxumOtelMetrics => {
                let (meters, _) = peers::in_memory_meter_provider_032();
                let layer = axum_otel_metrics::HttpMetricsLayerBuilder::new()
                    .with_provider(meters.clone())
                    .build();
                Observed::axum(routes.layer(layer)).holding(meters)
            }
            Self::ActixBare => Observed::new(|| actix_app::server(App::new())),
            Self::ActixDoNothing => {
                let middleware = ActixDoNothing::default();
                Observed::new(move || actix_app::server(App::new().wrap(middleware.clone())))
            }
            Self::ActixFloor => {
                let middleware = ActixFloor::default();
                Observed::new(move || actix_app::server(App::new().wrap(middleware.clone())))
            }
            Self::ActixSteeple => {
                let middleware = steeple_actix::Observe::new(&observer());
                Observed::new(move || actix_app::server(App::new().wrap(middleware.clone())))
            }
            Self::ActixSentry => {
                let (sentry, observer) = reporting();
                let middleware = steeple_actix::Observe::new(&observer);
                Observed::new(move || actix_app::server(App::new().wrap(middleware.clone())))
                    .holding(sentry)
            }
            Self::ActixWebProm => {
                let middleware = peers::actix_web_prom();
                Observed::new(move || actix_app::server(App::new().wrap(middleware.clone())))
            }
            Self::OtelActix => {
                let (meters, _) = peers::in_memory_meter_provider();
                let middleware = peers::opentelemetry_actix(&meters);
                Observed::new(move || actix_app::server(App::new().wrap(middleware.clone())))
                    .holding(meters)
            }
            Self::TracingActixJson => logged::tracing_actix(),
            Self::TonicBare => Observed::tonic(&Identity::new()),
            Self::TonicDoNothing => Observed::tonic(&DoNothing::default()),
            Self::TonicFloor => Observed::tonic(&Floor::default()),
            Self::TonicSteeple => Observed::tonic(&ObserveLayer::new(&observer())),
        }
    }
}

fn observer() -> Observer {
    build(Observer::builder())
}

/// One that tells Sentry of errors: at a port where nobody is.
fn reporting() -> (Sentry, Observer) {
    let sentry = Sentry::builder().dsn("http://key@127.0.0.1:9/7").private();
    match sentry.start() {
        Ok(sentry) => {
            let observer = build(Observer::builder().error_sink(sentry.error_sink()));
            (sentry, observer)
        }
        Err(error) => panic!("its DSN is one: {error}"),
    }
}

pub(crate) fn build(builder: ObserverBuilder) -> Observer {
    let registry = Arc::new(steeple_metrics::Registry::new());
    match builder.recorder(registry).build() {
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
