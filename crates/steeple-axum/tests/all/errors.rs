//! Errors that handlers end with.

use std::{error::Error, fmt, io};

use axum::{Router, extract::Path, http::StatusCode, routing::get};
use steeple_axum::HandlerError;

use crate::stage::{self, Stage};

#[derive(Debug)]
struct NoOrder(io::Error);

impl fmt::Display for NoOrder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no order 7")
    }
}

impl Error for NoOrder {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.0)
    }
}

fn find() -> Result<(), NoOrder> {
    Err(NoOrder(io::Error::other("the password is wrong")))
}

async fn order() -> Result<(), HandlerError> {
    Ok(find()?)
}

async fn status(Path(status): Path<u16>) -> Result<(), HandlerError> {
    let status = StatusCode::from_u16(status)?;
    find().map_err(|error| HandlerError::new(status, error).detail("try \"again\""))
}

fn router() -> Router {
    Router::new()
        .route("/orders", get(order))
        .route("/status/{status}", get(status))
}

#[tokio::test]
async fn an_error_is_reported_with_its_causes_and_the_client_learns_the_status_alone() {
    let stage = Stage::new();
    let router = router().layer(stage.layer());
    let (answer, records) = stage.send(&router, stage::get("/orders")).await;
    assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);
    let id = answer.request_id.unwrap();
    assert_eq!(
        answer.body,
        format!(
            r#"{{"type":"about:blank","title":"Internal Server Error","status":500,"request_id":"{id}"}}"#
        )
    );
    assert_eq!(
        answer.content_type.as_deref(),
        Some("application/problem+json")
    );
    let [record] = &records[..] else {
        panic!("{records:?}")
    };
    assert!(record.error_type.as_deref().unwrap().ends_with("NoOrder"));
    assert_eq!(stage.reported(), ["no order 7", "the password is wrong"]);
}

#[tokio::test]
async fn a_handler_chooses_the_status_and_what_the_client_may_know() {
    let stage = Stage::new();
    let router = router().layer(stage.layer());
    let (answer, records) = stage.send(&router, stage::get("/status/422")).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        answer
            .body
            .contains(r#","status":422,"detail":"try \"again\"","request_id""#),
        "{}",
        answer.body
    );
    assert_eq!(records[0].error_type, None);
    let (answer, _) = stage.send(&router, stage::get("/status/503")).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(stage.reported(), ["no order 7", "the password is wrong"]);
}

#[tokio::test]
async fn an_error_that_was_made_elsewhere_is_that_of_the_request_that_answers_with_it() {
    let made = tokio::task::spawn_blocking(|| HandlerError::from(find().unwrap_err()))
        .await
        .unwrap();
    let made = std::sync::Mutex::new(Some(made));
    let made = std::sync::Arc::new(made);
    let stage = Stage::new();
    let handler = move || async move { made.lock().unwrap().take().unwrap() };
    let router = Router::new().route("/", get(handler)).layer(stage.layer());
    stage.send(&router, stage::get("/")).await;
    assert_eq!(stage.reported(), ["no order 7", "the password is wrong"]);
}
