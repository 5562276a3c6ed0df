//! The size of request bodies that no header tells.

use std::convert::Infallible;

use axum::{
    Router,
    body::{Body, Bytes},
    http::{Method, StatusCode},
    routing::post,
};
use futures_util::stream;
use http_body_util::BodyExt;

use crate::stage::{Stage, request};

fn streamed() -> Body {
    let parts = ["abc", "defg", "hij"].map(Ok::<_, Infallible>);
    Body::from_stream(stream::iter(parts))
}

#[tokio::test]
async fn what_the_handler_reads_is_counted() {
    let stage = Stage::new();
    let router = Router::new()
        .route("/", post(async |body: Bytes| body.len().to_string()))
        .layer(stage.layer());
    let (answer, records) = stage
        .send(&router, request(Method::POST, "/", streamed()))
        .await;
    assert_eq!(answer.body, "10");
    assert_eq!(records[0].request_size, Some(10));
}

#[tokio::test]
async fn what_a_spawned_task_reads_is_counted() {
    let stage = Stage::new();
    let handler = async |body: Body| {
        tokio::spawn(async { body.collect().await.unwrap().to_bytes().len() })
            .await
            .unwrap()
            .to_string()
    };
    let router = Router::new().route("/", post(handler)).layer(stage.layer());
    let (answer, records) = stage
        .send(&router, request(Method::POST, "/", streamed()))
        .await;
    assert_eq!(answer.body, "10");
    assert_eq!(records[0].request_size, Some(10));
}

#[tokio::test]
async fn what_nobody_reads_has_no_size_that_is_known() {
    let stage = Stage::new();
    let router = Router::new()
        .route("/", post(async || StatusCode::NO_CONTENT))
        .layer(stage.layer());
    let (_, records) = stage
        .send(&router, request(Method::POST, "/", streamed()))
        .await;
    assert_eq!(records[0].request_size, None);
}

#[tokio::test]
async fn what_is_read_after_the_end_counts_for_no_later_request() {
    let stage = Stage::new();
    let (kept, mut bodies) = tokio::sync::mpsc::unbounded_channel();
    let handler = async move |body: Body| kept.send(body).unwrap();
    let router = Router::new().route("/", post(handler)).layer(stage.layer());
    let (_, first) = stage
        .send(&router, request(Method::POST, "/", streamed()))
        .await;
    assert_eq!(first[0].request_size, None);

    let late = bodies.recv().await.unwrap();
    let (_, second) = stage
        .send(&router, request(Method::POST, "/", streamed()))
        .await;
    assert_eq!(late.collect().await.unwrap().to_bytes().len(), 10);
    let (_, third) = stage
        .send(&router, request(Method::POST, "/", streamed()))
        .await;
    assert_eq!(
        (second[0].request_size, third[0].request_size),
        (None, None)
    );
}

#[tokio::test]
async fn an_exact_size_needs_no_reading() {
    let stage = Stage::new();
    let router = Router::new()
        .route("/", post(async || "unread"))
        .layer(stage.layer());
    let (_, records) = stage
        .send(&router, request(Method::POST, "/", Body::from("abcdef")))
        .await;
    assert_eq!(records[0].request_size, Some(6));
}
