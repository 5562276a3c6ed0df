//! A shop with everything that can happen to a request, on axum.

use std::convert::Infallible;

use axum::{
    Router,
    body::Body,
    extract::{
        Path,
        ws::{WebSocket, WebSocketUpgrade},
    },
    http::StatusCode,
    response::{
        Response, Sse,
        sse::{Event, KeepAlive},
    },
    routing::{get, post},
};
use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use steeple::current;

use crate::stock;

pub(crate) fn router() -> Router {
    let items = Router::new()
        .route("/", get(stock::ITEMS))
        .route("/{item}", get(item));
    let shop = Router::new()
        .nest("/items", items)
        .route("/cart", post(cart))
        .route("/checkout", post(checkout))
        .route("/export", get(export))
        .route("/events", get(events))
        .route("/chat", get(chat))
        .route("/report", get(stock::report))
        .route("/legacy", get(stock::legacy));
    Router::new()
        .nest("/shop", shop)
        .route("/healthz", get("ok"))
}

async fn item(Path(item): Path<String>) -> Result<String, StatusCode> {
    stock::look_up(&item).ok_or(StatusCode::NOT_FOUND)
}

async fn cart(wishes: Bytes) -> String {
    stock::note_wishes(&wishes)
}

/// Says why it fails.
async fn checkout() -> Result<&'static str, StatusCode> {
    stock::pay().await.map_err(|error| {
        current::attach(&error);
        StatusCode::BAD_GATEWAY
    })
}

/// Streams its answer, so that the head comes long before the end.
async fn export() -> Body {
    Body::from_stream(stock::rows().map(Ok::<_, Infallible>))
}

async fn events() -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let events = stock::orders().map(|order| Ok(Event::default().data(order)));
    Sse::new(events).keep_alive(KeepAlive::default())
}

/// Says back what it hears.
async fn chat(upgrade: WebSocketUpgrade) -> Response {
    upgrade.on_upgrade(async |mut socket: WebSocket| {
        while let Some(Ok(message)) = socket.recv().await {
            if socket.send(message).await.is_err() {
                break;
            }
        }
    })
}
