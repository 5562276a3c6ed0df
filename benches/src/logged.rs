//! Access logs to a file that takes all and keeps nothing.

use std::{convert::Infallible, fs::File, io::Write, sync::Arc};

use actix_web::App;
use axum::Router;
use http::Request;
use steeple_core::{Observer, pipeline::ExportError};
use steeple_logs::{Destination, Format, Lines, Logs, Marker, Outlet};
use tower_http::trace::{DefaultOnResponse, TraceLayer};
use tracing::{Level, Span};
use tracing_actix_web::TracingLogger;
use tracing_subscriber::fmt::format::FmtSpan;

use crate::{
    actix_app, peers,
    subjects::{self, Observed},
};

/// The file.
pub(crate) struct Nowhere;

impl Destination for Nowhere {
    type Error = Infallible;

    fn start(self, marker: Marker) -> Result<Outlet, Infallible> {
        let pipeline = Outlet::pipeline("logs-nowhere");
        Ok(Outlet::start(pipeline, marker, || {
            let mut file = nowhere();
            async move |batch: &[Lines]| {
                for lines in batch {
                    file.write_all(lines.as_bytes())
                        .map_err(ExportError::retryable)?;
                }
                Ok(())
            }
        }))
    }
}

pub(crate) fn nowhere() -> File {
    match File::options().write(true).open("/dev/null") {
        Ok(file) => file,
        Err(error) => panic!("it is always there: {error}"),
    }
}

/// steeple with an access log in ECS.
pub(crate) fn steeple(routes: Router) -> Observed {
    let logs = Logs::builder("benches").to(Nowhere, Format::Ecs).start();
    let logs = match logs {
        Ok(logs) => logs,
        Err(error) => panic!("the file is there: {error}"),
    };
    let observer = subjects::build(Observer::builder().sink(logs.access_log()));
    Observed::axum(routes.layer(steeple_axum::layer(&observer))).holding(logs)
}

/// tower-http's `TraceLayer` with a span of eight fields, and tracing-subscriber's JSON of the event that adds two.
pub(crate) fn trace_layer(routes: Router) -> Observed {
    install_json(FmtSpan::NONE);
    let layer = TraceLayer::new_for_http()
        .make_span_with(span::<axum::body::Body>)
        .on_response(DefaultOnResponse::new().level(Level::INFO));
    Observed::axum(routes.layer(layer))
}

/// tracing-actix-web's span, and tracing-subscriber's JSON of its end, since it says nothing of what succeeds.
pub(crate) fn tracing_actix() -> Observed {
    install_json(FmtSpan::CLOSE);
    Observed::new(|| actix_app::server(App::new().wrap(TracingLogger::default())))
}

/// tracing-subscriber's JSON of events, and of these of spans.
fn install_json(spans: FmtSpan) {
    let json = tracing_subscriber::fmt().json().with_span_events(spans);
    let file = Arc::new(nowhere());
    peers::install_subscriber(json.with_writer(file).finish());
}

fn span<B>(request: &Request<B>) -> Span {
    let field = |name: &str| {
        let value = request.headers().get(name);
        value
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    };
    tracing::info_span!(
        "request",
        http.request.method = %request.method(),
        http.request.id = field("x-request-id"),
        http.version = ?request.version(),
        url.scheme = "http",
        url.domain = field("host"),
        url.path = request.uri().path(),
        user_agent.original = field("user-agent"),
        trace.id = field("traceparent"),
    )
}
