//! What is known of request bodies: their size where no header tells it, and that they broke off.

use std::convert::Infallible;

use axum::{
    Router,
    body::{Body, Bytes},
    http::{Method, StatusCode},
    routing::post,
};
use futures_util::stream;
use http_body_util::BodyExt;
use tower::ServiceExt;

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

/// Three bytes, and then the client is gone.
fn breaking() -> Body {
    let parts = [Ok("abc"), Err("the client is gone")];
    Body::from_stream(stream::iter(parts))
}

async fn failing(body: Body) -> Result<String, StatusCode> {
    let read = body.collect().await;
    read.map(|body| format!("{:?}", body.to_bytes()))
        .map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)
}

#[tokio::test]
async fn a_failure_for_want_of_the_body_is_not_the_service_s() {
    let stage = Stage::new();
    let router = Router::new().route("/", post(failing)).layer(stage.layer());
    for body in [breaking(), Body::from("whole"), breaking()] {
        stage.send(&router, request(Method::POST, "/", body)).await;
    }
    assert_eq!(stage.total("http_server_request_body_errors_total"), 2);
    assert_eq!(stage.total("http_server_errors_total"), 0);
    let metrics = stage.metrics();
    let failed = r#"http_server_requests_total{http_request_method="POST",http_response_status_code="500",http_route="/",outcome="client_error"} 2"#;
    assert!(metrics.contains(failed), "{metrics}");
}

#[tokio::test]
async fn what_was_read_of_a_body_that_breaks_off_is_its_size() {
    let stage = Stage::new();
    let router = Router::new().route("/", post(failing)).layer(stage.layer());
    let mut declared = request(Method::POST, "/", breaking());
    declared
        .headers_mut()
        .insert("content-length", "10".parse().unwrap());
    let (_, records) = stage.send(&router, declared).await;
    assert_eq!(records[0].request_size, Some(3));
}

#[tokio::test]
async fn an_answer_that_is_cut_with_the_body_it_is_made_of_is_a_cancellation() {
    let stage = Stage::new();
    let router = Router::new()
        .route("/", post(async |body: Body| body))
        .layer(stage.layer());
    let echo = router.oneshot(request(Method::POST, "/", breaking()));
    assert!(echo.await.unwrap().into_body().collect().await.is_err());
    assert_eq!(stage.total("http_server_request_body_errors_total"), 1);
    assert_eq!(stage.total("http_server_errors_total"), 0);
    assert!(stage.metrics().contains(r#"outcome="cancelled_in_body""#));
}

#[tokio::test]
async fn a_panic_over_a_body_that_breaks_off_is_the_service_s() {
    let stage = Stage::new();
    let handler = async |body: Body| drop(body.collect().await.expect("a whole body"));
    let router = Router::new().route("/", post(handler)).layer(stage.layer());
    stage
        .send(&router, request(Method::POST, "/", breaking()))
        .await;
    assert_eq!(stage.total("http_server_request_body_errors_total"), 1);
    assert_eq!(stage.total("http_server_errors_total"), 1);
}

#[tokio::test]
async fn a_body_that_nobody_reads_breaks_off_unnoticed() {
    let stage = Stage::new();
    let router = Router::new()
        .route("/", post(async || StatusCode::INTERNAL_SERVER_ERROR))
        .layer(stage.layer());
    stage
        .send(&router, request(Method::POST, "/", breaking()))
        .await;
    assert_eq!(stage.total("http_server_request_body_errors_total"), 0);
    assert_eq!(stage.total("http_server_errors_total"), 1);
}
