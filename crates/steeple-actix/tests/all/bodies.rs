//! Bodies of responses, polled and dropped as servers do.

use std::{
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll},
};

use actix_web::{
    App, HttpResponse,
    body::{BodySize, BoxBody, MessageBody},
    web,
};
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use steeple_core::{Outcome, Panicked, current};

use crate::stage::{self, Running, Seen, Stage};

type Part = Result<Bytes, Infallible>;

fn parts() -> impl stream::Stream<Item = Part> {
    stream::iter(["one ", "two"]).map(|part| Ok(Bytes::from_static(part.as_bytes())))
}

async fn sized() -> &'static str {
    "hello"
}

async fn streamed() -> HttpResponse {
    HttpResponse::Ok().streaming(parts())
}

async fn panics() -> HttpResponse {
    let last = stream::once(async { panic!("lost in the body") });
    HttpResponse::Ok().streaming(parts().chain(last))
}

async fn fails() -> HttpResponse {
    let parts = parts().map(|part| Ok::<_, std::io::Error>(part.unwrap()));
    let last = stream::once(async { Err(std::io::Error::other("the disk is gone")) });
    HttpResponse::Ok().streaming(parts.chain(last))
}

struct Witness;

impl MessageBody for Witness {
    type Error = Infallible;

    fn size(&self) -> BodySize {
        BodySize::Stream
    }

    fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Part>> {
        assert!(current::request_id().is_some(), "polled outside");
        Poll::Ready(None)
    }
}

impl Drop for Witness {
    fn drop(&mut self) {
        assert!(current::request_id().is_some(), "dropped outside");
    }
}

async fn start(stage: &Stage) -> Running {
    let app = App::new()
        .route("/sized", web::get().to(sized))
        .route("/empty", web::get().to(HttpResponse::Ok))
        .route("/none", web::get().to(HttpResponse::NoContent))
        .route("/streamed", web::get().to(streamed))
        .route("/panics", web::get().to(panics))
        .route("/fails", web::get().to(fails))
        .route(
            "/witness",
            web::get().to(async || HttpResponse::Ok().body(Witness)),
        );
    stage.start(app).await
}

async fn body(app: &Running, path: &str) -> BoxBody {
    app.call(stage::get(path)).await.unwrap().into_body()
}

async fn next(body: &mut BoxBody) -> Option<Result<Bytes, Box<dyn std::error::Error>>> {
    std::future::poll_fn(|context| Pin::new(&mut *body).poll_next(context)).await
}

fn settled(record: &Seen) -> (Option<u16>, Outcome, u64) {
    (record.status, record.outcome, record.response_size)
}

#[actix_web::test]
async fn a_size_is_handed_through() {
    let stage = Stage::new();
    let app = start(&stage).await;
    assert_eq!(body(&app, "/sized").await.size(), BodySize::Sized(5));
    assert_eq!(body(&app, "/empty").await.size(), BodySize::Sized(0));
    assert_eq!(body(&app, "/streamed").await.size(), BodySize::Stream);
}

#[actix_web::test]
async fn an_exact_body_is_complete_without_an_end() {
    let stage = Stage::new();
    let app = start(&stage).await;
    let mut body = body(&app, "/sized").await;
    assert_eq!(next(&mut body).await.unwrap().unwrap(), "hello");
    drop(body);
    assert_eq!(settled(&stage.record()), (Some(200), Outcome::Success, 5));
}

#[actix_web::test]
async fn a_body_that_is_not_due_is_complete_unread() {
    let stage = Stage::new();
    let app = start(&stage).await;
    for (path, status) in [("/empty", 200), ("/none", 204)] {
        drop(body(&app, path).await);
        assert_eq!(
            settled(&stage.record()),
            (Some(status), Outcome::Success, 0)
        );
    }
}

#[actix_web::test]
async fn a_body_dropped_before_its_end_is_a_cancellation() {
    let stage = Stage::new();
    let app = start(&stage).await;
    drop(body(&app, "/sized").await);
    assert_eq!(
        settled(&stage.record()),
        (Some(200), Outcome::CancelledInBody, 0)
    );
    let mut body = body(&app, "/streamed").await;
    next(&mut body).await;
    drop(body);
    assert_eq!(
        settled(&stage.record()),
        (Some(200), Outcome::CancelledInBody, 4)
    );
}

#[actix_web::test]
async fn a_stream_is_complete_at_its_end() {
    let stage = Stage::new();
    let app = start(&stage).await;
    let mut body = body(&app, "/streamed").await;
    while next(&mut body).await.is_some() {
        assert_eq!(stage.records(), []);
    }
    assert_eq!(settled(&stage.record()), (Some(200), Outcome::Success, 7));
    assert!(next(&mut body).await.is_none(), "it stays at its end");
}

#[actix_web::test]
async fn a_panic_ends_the_body_with_an_error() {
    let stage = Stage::new();
    let app = start(&stage).await;
    let mut body = body(&app, "/panics").await;
    next(&mut body).await;
    next(&mut body).await;
    let error = next(&mut body).await.unwrap().unwrap_err();
    assert!(error.is::<Panicked>(), "{error:?}");
    let record = stage.record();
    assert_eq!(settled(&record), (Some(200), Outcome::Panicked, 7));
    assert_eq!(record.panic.as_deref(), Some("lost in the body"));
    assert!(next(&mut body).await.is_none());
}

#[actix_web::test]
async fn an_error_ends_the_body() {
    let stage = Stage::new();
    let app = start(&stage).await;
    let answered = app.call(stage::get("/fails")).await.unwrap();
    let error = actix_web::test::try_read_body(answered).await.unwrap_err();
    assert_eq!(error.to_string(), "the disk is gone");
    let record = stage.record();
    assert_eq!(settled(&record), (Some(200), Outcome::BodyError, 7));
    assert_eq!(record.error_type.as_deref(), Some("body_error"));
}

#[actix_web::test]
async fn a_body_is_polled_and_dropped_inside_of_its_observation() {
    let stage = Stage::new();
    let app = start(&stage).await;
    assert!(next(&mut body(&app, "/witness").await).await.is_none());
    assert_eq!(stage.record().outcome, Outcome::Success);
    drop(body(&app, "/witness").await);
    assert_eq!(stage.record().outcome, Outcome::CancelledInBody);
}
