//! A shop with everything that can happen to a request.

use std::{convert::Infallible, io, time::Duration};

use axum::{
    Router,
    body::Body,
    extract::Path,
    http::StatusCode,
    response::{
        Sse,
        sse::{Event, KeepAlive},
    },
    routing::{get, post},
};
use bytes::Bytes;
use futures_util::{Stream, stream};
use steeple::current;
use tokio::time::sleep;

pub(crate) fn router() -> Router {
    let items = Router::new()
        .route("/", get(items))
        .route("/{item}", get(item));
    let shop = Router::new()
        .nest("/items", items)
        .route("/cart", post(cart))
        .route("/checkout", post(checkout))
        .route("/export", get(export))
        .route("/events", get(events))
        .route("/report", get(report))
        .route("/legacy", get(legacy));
    Router::new()
        .nest("/shop", shop)
        .route("/healthz", get(async || "ok"))
}

async fn items() -> &'static str {
    "apple, pear, plum\n"
}

async fn item(Path(item): Path<String>) -> Result<String, StatusCode> {
    match item.as_str() {
        "apple" | "pear" | "plum" => Ok(format!("{item}: in stock\n")),
        _ => Err(StatusCode::NOT_FOUND),
    }
}

async fn cart(body: Bytes) -> String {
    format!("{} bytes of wishes noted\n", body.len())
}

/// Fails one time in ten, and says why.
async fn checkout() -> Result<&'static str, StatusCode> {
    sleep(Duration::from_millis(fastrand::u64(5..40))).await;
    if fastrand::u8(0..10) == 0 {
        current::attach(&io::Error::new(
            io::ErrorKind::ConnectionRefused,
            "the bank does not answer",
        ));
        return Err(StatusCode::BAD_GATEWAY);
    }
    Ok("thank you\n")
}

/// Streams its answer, so that the head comes long before the end.
async fn export() -> Body {
    Body::from_stream(stream::unfold(0, async |row| {
        sleep(Duration::from_millis(10)).await;
        (row < 20).then(|| (Ok::<_, Infallible>(format!("row {row}\n")), row + 1))
    }))
}

/// Goes on for as long as somebody listens.
async fn events() -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let events = stream::unfold(0, async |number: u64| {
        sleep(Duration::from_millis(500)).await;
        Some((
            Ok(Event::default().data(format!("order {number}"))),
            number + 1,
        ))
    });
    Sse::new(events).keep_alive(KeepAlive::default())
}

/// Is slow.
async fn report() -> &'static str {
    sleep(Duration::from_millis(fastrand::u64(200..1_200))).await;
    "all is well\n"
}

/// Panics.
async fn legacy() -> &'static str {
    panic!("nobody understands this code any more")
}
