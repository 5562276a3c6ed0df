//! What handlers and middleware see of the observation, and add to it.

use std::{fmt, io};

use axum::{
    Router,
    extract::Request,
    http::{HeaderName, StatusCode},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::get,
};
use steeple_core::current;

use crate::stage::{self, Stage};

#[tokio::test]
async fn a_handler_adds_a_label() {
    let stage = Stage::new();
    let handler = async || {
        current::label("tenant", "acme");
        current::label("undeclared", "left out");
    };
    let router = Router::new().route("/", get(handler)).layer(stage.layer());
    stage.send(&router, stage::get("/")).await;
    let metrics = stage.metrics();
    assert!(
        metrics.contains(r#"tenant="acme""#) && !metrics.contains("undeclared"),
        "{metrics}"
    );
}

#[tokio::test]
async fn a_handler_attaches_the_error_behind_its_status() {
    let stage = Stage::new();
    let handler = async || {
        current::attach(&io::Error::other("the bank does not answer"));
        StatusCode::BAD_GATEWAY
    };
    let router = Router::new().route("/", get(handler)).layer(stage.layer());
    let (_, records) = stage.send(&router, stage::get("/")).await;
    assert_eq!(
        (
            records[0].error_type.as_deref(),
            records[0].error.as_deref()
        ),
        (
            Some("std::io::error::Error"),
            Some("the bank does not answer")
        )
    );
}

#[tokio::test]
async fn an_error_attaches_itself_when_it_becomes_a_response() {
    #[derive(Debug)]
    struct Broken;

    impl fmt::Display for Broken {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("broken")
        }
    }

    impl std::error::Error for Broken {}

    impl IntoResponse for Broken {
        fn into_response(self) -> Response {
            current::attach(&self);
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }

    let stage = Stage::new();
    let router = Router::new()
        .route("/", get(async || Err::<(), _>(Broken)))
        .layer(stage.layer());
    let (_, records) = stage.send(&router, stage::get("/")).await;
    assert_eq!(records[0].error.as_deref(), Some("broken"));
    assert!(
        records[0]
            .error_type
            .as_ref()
            .unwrap()
            .ends_with("::Broken")
    );
}

#[tokio::test]
async fn handler_answer_and_record_know_one_request_id() {
    let stage = Stage::new();
    let handler = async || current::request_id().unwrap().to_string();
    let router = Router::new().route("/", get(handler)).layer(stage.layer());
    let (answer, records) = stage.send(&router, stage::get("/")).await;
    assert_eq!(answer.request_id.as_ref(), Some(&answer.body));
    assert_eq!(records[0].request_id, answer.body);
}

#[tokio::test]
async fn an_id_that_the_handler_answers_with_stays() {
    let stage = Stage::new();
    let header = HeaderName::from_static("x-request-id");
    let handler = async || ([(header, "the-handler-s")], "hello");
    let router = Router::new().route("/", get(handler)).layer(stage.layer());
    let (answer, _) = stage.send(&router, stage::get("/")).await;
    assert_eq!(answer.request_id.as_deref(), Some("the-handler-s"));
}

#[tokio::test]
async fn a_handler_names_the_route_that_axum_cannot() {
    let stage = Stage::new();
    let handler = async || current::route("/pages/{slug}");
    let router = Router::new().fallback(handler).layer(stage.layer());
    assert_eq!(stage.route(&router, "/pages/about").await, "/pages/{slug}");
}

#[tokio::test]
async fn middleware_inside_sees_and_adds_before_and_after_the_handler() {
    async fn inside(request: Request, next: Next) -> Response {
        let before = current::request_id().unwrap();
        current::label("tenant", "globex");
        let response = next.run(request).await;
        assert_eq!(current::request_id(), Some(before));
        current::attach(&io::Error::other("found on the way back"));
        response
    }

    let stage = Stage::new();
    let router = Router::new()
        .route("/", get(async || StatusCode::INTERNAL_SERVER_ERROR))
        .layer(middleware::from_fn(inside))
        .layer(stage.layer());
    let (answer, records) = stage.send(&router, stage::get("/")).await;
    assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(records[0].error.as_deref(), Some("found on the way back"));
    assert!(stage.metrics().contains(r#"tenant="globex""#));
}

#[tokio::test]
async fn middleware_outside_sees_nothing() {
    async fn outside(request: Request, next: Next) -> Response {
        assert_eq!(current::request_id(), None);
        let response = next.run(request).await;
        assert_eq!(current::request_id(), None);
        response
    }

    let stage = Stage::new();
    let router = Router::new()
        .route("/", get(async || "hello"))
        .layer(stage.layer())
        .layer(middleware::from_fn(outside));
    let (answer, _) = stage.send(&router, stage::get("/")).await;
    assert_eq!(answer.body, "hello");
}

#[tokio::test]
async fn in_a_spawned_task_there_is_no_current_observation() {
    let stage = Stage::new();
    let handler = async || {
        let spawned = tokio::spawn(async {
            current::label("tenant", "acme");
            current::request_id().is_none() && current::trace().is_none()
        });
        assert!(spawned.await.unwrap());
        assert!(current::request_id().is_some());
    };
    let router = Router::new().route("/", get(handler)).layer(stage.layer());
    let (answer, _) = stage.send(&router, stage::get("/")).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert!(!stage.metrics().contains("acme"));
}

#[tokio::test]
async fn requests_that_take_turns_on_a_thread_keep_apart() {
    let stage = Stage::new();
    let handler = async || {
        let id = current::request_id();
        for _ in 0..10 {
            tokio::task::yield_now().await;
            assert_eq!(current::request_id(), id);
        }
        id.unwrap().to_string()
    };
    let router = Router::new().route("/", get(handler)).layer(stage.layer());
    let (first, second) = tokio::join!(
        stage::answer(router.clone(), stage::get("/")),
        stage::answer(router, stage::get("/"))
    );
    assert_eq!(first.request_id.as_ref(), Some(&first.body));
    assert_eq!(second.request_id.as_ref(), Some(&second.body));
    assert_ne!(first.body, second.body);
}
