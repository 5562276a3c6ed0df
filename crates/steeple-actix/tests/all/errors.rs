//! Errors that answer.

use std::{fmt, future::ready, io};

use actix_web::{
    App, Error, HttpRequest, HttpResponse, Responder, ResponseError,
    body::BoxBody,
    dev::ServiceResponse,
    error::{self, InternalError},
    http::StatusCode,
    web,
};
use steeple_actix::HandlerError;
use steeple_core::Outcome;

use crate::stage::{self, Running, Stage};

#[derive(Debug)]
struct Refused(u16);

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "refused with {}", self.0)
    }
}

impl ResponseError for Refused {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.0).unwrap()
    }
}

async fn refuse(status: web::Path<u16>) -> Result<String, Refused> {
    Err(Refused(*status))
}

#[actix_web::test]
async fn a_handlers_error_is_its_status_and_its_message() {
    let stage = Stage::new();
    let app = stage
        .start(App::new().route("/refuse/{status}", web::get().to(refuse)))
        .await;

    let answer = stage::answer(&app, stage::get("/refuse/503")).await;
    assert_eq!(
        (answer.status.as_u16(), answer.body.as_str()),
        (503, "refused with 503")
    );
    let record = stage.record();
    assert_eq!(record.outcome, Outcome::ServerError);
    assert_eq!(
        record.error_type.as_deref(),
        record.status.map(|status| status.to_string()).as_deref()
    );
    assert_eq!(record.error.as_deref(), Some("refused with 503"));
    assert_eq!(record.response_size, 16);
    assert_eq!(record.route, "/refuse/{status}");

    stage::answer(&app, stage::get("/refuse/409")).await;
    let record = stage.record();
    assert_eq!(
        (record.status, record.outcome),
        (Some(409), Outcome::ClientError)
    );
    assert_eq!(
        (record.error_type, record.error.as_deref()),
        (None, Some("refused with 409"))
    );
}

#[actix_web::test]
async fn an_extractors_error_is_the_clients() {
    let stage = Stage::new();
    let app = stage
        .start(App::new().route("/refuse/{status}", web::get().to(refuse)))
        .await;
    assert_eq!(
        stage::answer(&app, stage::get("/refuse/no")).await.status,
        404
    );
    let record = stage.record();
    assert_eq!(
        (record.status, record.outcome),
        (Some(404), Outcome::ClientError)
    );
    assert!(
        record
            .error
            .is_some_and(|error| error.contains("can not parse"))
    );
    assert_eq!(record.route, "/refuse/{status}");
}

#[actix_web::test]
async fn a_responder_may_fail() {
    struct Fails;
    impl Responder for Fails {
        type Body = BoxBody;
        fn respond_to(self, _: &HttpRequest) -> HttpResponse {
            HttpResponse::from_error(Refused(500))
        }
    }
    let stage = Stage::new();
    let app = stage
        .start(App::new().route("/", web::get().to(async || Fails)))
        .await;
    assert_eq!(stage::answer(&app, stage::get("/")).await.status, 500);
    let record = stage.record();
    assert_eq!(record.outcome, Outcome::ServerError);
    assert_eq!(record.error.as_deref(), Some("refused with 500"));
}

#[actix_web::test]
async fn an_error_without_a_response_has_a_status_and_an_id_too() {
    let stage = Stage::new();
    let resource = web::resource("/")
        .wrap_fn(|_, _| {
            let mut error: Error = Refused(500).into();
            error.add_response_mapper(|mut response| {
                *response.status_mut() = StatusCode::BAD_GATEWAY;
                response
            });
            ready(Err::<ServiceResponse, _>(error))
        })
        .to(HttpResponse::Ok);
    let app = stage.start(App::new().service(resource)).await;

    let answer = stage::answer(&app, stage::get("/")).await;
    assert_eq!(
        (answer.status.as_u16(), answer.body.as_str()),
        (502, "refused with 500")
    );
    let record = stage.record();
    assert_eq!(
        (record.status, record.outcome),
        (Some(502), Outcome::ServerError)
    );
    assert_eq!(
        record.error_type.as_deref(),
        record.status.map(|status| status.to_string()).as_deref()
    );
    assert_eq!(record.error.as_deref(), Some("refused with 500"));
    assert_eq!(record.response_size, 16);
    assert_eq!(answer.request_id, Some(record.request_id));
}

/// Refuses every request before the handler.
async fn start_refusing<E: Into<Error> + 'static>(stage: &Stage, error: fn() -> E) -> Running {
    let resource = web::resource("/")
        .wrap_fn(move |_, _| ready(Err::<ServiceResponse, Error>(error().into())))
        .to(HttpResponse::Ok);
    stage.start(App::new().service(resource)).await
}

#[actix_web::test]
async fn an_error_that_gives_its_response_away_once_answers_with_it() {
    let stage = Stage::new();
    let app = start_refusing(&stage, || {
        let login = HttpResponse::SeeOther()
            .insert_header(("location", "/login"))
            .body("log in first");
        InternalError::from_response("no session", login)
    })
    .await;
    let error = app.call(stage::get("/")).await.unwrap_err();
    let answer = error.error_response();
    assert_eq!(answer.headers().get("location").unwrap(), "/login");
    let answer = stage::read(answer).await;
    assert_eq!(
        (answer.status.as_u16(), answer.body.as_str()),
        (303, "log in first")
    );
    let record = stage.record();
    assert_eq!(
        (record.status, record.outcome, record.response_size),
        (Some(303), Outcome::Success, 12)
    );
    assert_eq!(answer.request_id, Some(record.request_id));
}

#[actix_web::test]
async fn an_error_that_is_asked_again_tells_the_same_id() {
    let stage = Stage::new();
    let app = start_refusing(&stage, || Refused(500)).await;
    let error = app.call(stage::get("/")).await.unwrap_err();
    let first = stage::read(error.error_response()).await;
    let again = stage::read(error.error_response()).await;
    assert_eq!(first.request_id, Some(stage.record().request_id));
    assert_eq!(
        (again.request_id, again.body),
        (first.request_id, first.body)
    );
}

#[actix_web::test]
async fn a_middlewares_handler_error_tells_the_client_the_id() {
    let stage = Stage::new();
    let app = start_refusing(&stage, || HandlerError::from(io::Error::other("no stock"))).await;
    let answer = stage::answer(&app, stage::get("/")).await;
    let id = answer.request_id.unwrap();
    assert!(
        answer.body.contains(&format!(r#""request_id":"{id}""#)),
        "{}",
        answer.body
    );
    assert_eq!(stage.record().response_size, answer.body.len() as u64);
    assert_eq!(stage.reported(), ["no stock"]);
}

#[actix_web::test]
async fn an_error_keeps_its_type_for_the_middleware_outside() {
    let stage = Stage::new();
    let app = start_refusing(&stage, || Refused(500)).await;
    let error = app.call(stage::get("/")).await.unwrap_err();
    assert_eq!(error.as_error::<Refused>().unwrap().0, 500);
}

#[actix_web::test]
async fn an_error_that_panics_when_asked_for_its_response_is_a_panic() {
    #[derive(Debug)]
    struct Bomb;
    impl fmt::Display for Bomb {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("bomb")
        }
    }
    impl ResponseError for Bomb {
        fn error_response(&self) -> HttpResponse {
            panic!("lost in the error")
        }
    }
    let stage = Stage::new();
    let app = start_refusing(&stage, || Bomb).await;
    assert_eq!(stage::answer(&app, stage::get("/")).await.status, 500);
    let record = stage.record();
    assert_eq!(record.outcome, Outcome::Panicked);
    assert_eq!(record.panic.as_deref(), Some("lost in the error"));
}

#[actix_web::test]
async fn errors_made_by_helpers_count_by_their_status() {
    let stage = Stage::new();
    let handler = async || Err::<&str, _>(error::ErrorServiceUnavailable("full"));
    let app = stage
        .start(App::new().route("/", web::get().to(handler)))
        .await;
    stage::answer(&app, stage::get("/")).await;
    let record = stage.record();
    assert_eq!(
        (record.status, record.error.as_deref()),
        (Some(503), Some("full"))
    );
}

#[derive(Debug)]
struct NoOrder(io::Error);

impl fmt::Display for NoOrder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no order 7")
    }
}

impl std::error::Error for NoOrder {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.0)
    }
}

fn find() -> Result<(), NoOrder> {
    Err(NoOrder(io::Error::other("the password is wrong")))
}

async fn order() -> Result<String, HandlerError> {
    find()?;
    Ok(String::new())
}

async fn status(status: web::Path<u16>) -> Result<String, HandlerError> {
    let status = StatusCode::from_u16(*status)?;
    let known = |error| HandlerError::new(status, error).detail("try \"again\"");
    find().map_err(known)?;
    Ok(String::new())
}

#[actix_web::test]
async fn an_error_is_reported_with_its_causes_and_the_client_learns_the_status_alone() {
    let stage = Stage::new();
    let app = App::new().route("/orders", web::get().to(order));
    let app = stage.start(app).await;
    let answer = stage::answer(&app, stage::get("/orders")).await;
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
    let record = stage.record();
    assert!(record.error_type.as_deref().unwrap().ends_with("NoOrder"));
    assert_eq!(stage.reported(), ["no order 7", "the password is wrong"]);
}

#[actix_web::test]
async fn a_handler_chooses_the_status_and_what_the_client_may_know() {
    let stage = Stage::new();
    let app = App::new().route("/status/{status}", web::get().to(status));
    let app = stage.start(app).await;
    let answer = stage::answer(&app, stage::get("/status/422")).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        answer
            .body
            .contains(r#","status":422,"detail":"try \"again\"","request_id""#),
        "{}",
        answer.body
    );
    assert_eq!(stage.record().error_type, None);
    stage::answer(&app, stage::get("/status/503")).await;
    assert_eq!(stage.reported(), ["no order 7", "the password is wrong"]);
}
