//! The application on axum, inside axum-prometheus and inside steeple.

use std::{convert::Infallible, future, sync::mpsc, time::Duration};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::Path,
    http::StatusCode,
    routing::{get, post},
};
use axum_prometheus::PrometheusMetricLayer;
use futures_util::stream;
use steeple::MetricNames;

use crate::{
    scraped::{Scraped, serve},
    steeple,
    traffic::{SLOW, SLOWER},
};

pub(crate) fn peer() -> Scraped {
    let (sender, receiver) = mpsc::channel();
    let address = serve(move || {
        // Its upkeep runs on the application's runtime.
        let (layer, handle) = PrometheusMetricLayer::pair();
        sender.send(handle).expect("the test waits for it");
        application().layer(layer)
    });
    let handle = receiver.recv().expect("the application starts");
    Scraped::peer(address, move || handle.render())
}

pub(crate) fn ours() -> Scraped {
    let steeple = steeple(MetricNames::AxumPrometheus);
    let layer = steeple.axum();
    Scraped::ours(serve(move || application().layer(layer)), steeple)
}

fn application() -> Router {
    Router::new()
        .route("/fast", get(async || "fast"))
        .route("/slow", get(async || late(SLOW).await))
        .route("/slower", get(async || late(SLOWER).await))
        .route("/streamed", get(async || streamed()))
        .route("/orders", post(async || StatusCode::CREATED))
        .route("/orders/{id}", get(order))
        .route("/broken", get(async || StatusCode::INTERNAL_SERVER_ERROR))
        .route("/pending", get(future::pending::<&'static str>))
        .nest(
            "/api",
            Router::new().route("/users/{name}", get(async || "a user")),
        )
}

/// A head at once, and a body that is late.
fn streamed() -> Body {
    Body::from_stream(stream::once(async {
        Ok::<_, Infallible>(Bytes::from(late(SLOW).await))
    }))
}

async fn late(after: Duration) -> &'static str {
    tokio::time::sleep(after).await;
    "late"
}

async fn order(Path(id): Path<u64>) -> StatusCode {
    if id == 0 {
        StatusCode::NOT_FOUND
    } else {
        StatusCode::OK
    }
}
