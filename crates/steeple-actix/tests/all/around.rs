//! actix-web's own middleware, inside and outside of ours.

use actix_web::{
    App, Error, HttpResponse,
    body::{self, MessageBody},
    dev::{ServiceFactory, ServiceRequest, ServiceResponse},
    http::{StatusCode, header},
    middleware::{Compress, ErrorHandlerResponse, ErrorHandlers, Logger, NormalizePath},
    test::TestRequest,
    web,
};
use steeple_core::Outcome;

use crate::stage::{self, Running, Seen, Stage};

const LONG: &str = "a text that is long enough to be worth compressing: ";

fn app() -> App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse,
        Error = Error,
        InitError = (),
    > + use<>,
> {
    App::new()
        .route("/users/{id}", web::get().to(async || LONG.repeat(100)))
        .route("/fails", web::get().to(HttpResponse::InternalServerError))
        .route("/panics", web::get().to(panics))
        .wrap_fn(|request, service| actix_web::dev::Service::call(service, request))
}

async fn panics() -> &'static str {
    panic!("lost")
}

fn gzipped(path: &str) -> TestRequest {
    stage::get(path).insert_header((header::ACCEPT_ENCODING, "gzip"))
}

/// The status and size of the answer to `request`, and its record.
async fn exchange(stage: &Stage, app: &Running, request: TestRequest) -> (u16, u64, Seen) {
    let response: HttpResponse = match app.call(request).await {
        Ok(response) => response.into(),
        Err(error) => error.error_response(),
    };
    let status = response.status().as_u16();
    let body = body::to_bytes(response.into_body()).await.unwrap();
    (status, body.len() as u64, stage.record())
}

/// What every order of ours and another middleware has in common.
async fn expect_usual(stage: &Stage, app: &Running, name: &str) {
    let (status, size, record) = exchange(stage, app, stage::get("/users/7")).await;
    assert_eq!((status, size), (200, 5_200), "{name}");
    assert_eq!(record.route, "/users/{id}", "{name}");
    assert_eq!(record.outcome, Outcome::Success, "{name}");
    assert_eq!(record.response_size, size, "{name}");

    let (status, _, record) = exchange(stage, app, stage::get("/panics")).await;
    assert_eq!(status, 500, "{name}");
    assert_eq!(record.route, "/panics", "{name}");
    assert_eq!(record.outcome, Outcome::Panicked, "{name}");

    let (status, _, record) = exchange(stage, app, stage::get("/no/such/page")).await;
    assert_eq!(status, 404, "{name}");
    assert_eq!(record.route, "_UNMATCHED", "{name}");
    assert_eq!(record.outcome, Outcome::ClientError, "{name}");

    let cancelled = app.call(stage::get("/users/7"));
    drop(cancelled.await.unwrap());
    assert_eq!(stage.record().outcome, Outcome::CancelledInBody, "{name}");
    assert_eq!(stage.total("http_server_active_requests"), 0.0, "{name}");
}

/// An application with `$other` inside of ours, and one with it outside.
macro_rules! both_orders {
    ($stage:expr, $other:expr) => {
        [
            (
                "inside",
                Running::new(app().wrap($other).wrap($stage.observe())).await,
            ),
            (
                "outside",
                Running::new(app().wrap($stage.observe()).wrap($other)).await,
            ),
        ]
    };
}

#[actix_web::test]
async fn the_size_is_that_of_the_bytes_handed_on() {
    let stage = Stage::new();
    let [(_, inside), (_, outside)] = both_orders!(stage, Compress::default());
    let (_, compressed, record) = exchange(&stage, &inside, gzipped("/users/7")).await;
    assert!(compressed < 500, "{compressed} bytes");
    assert_eq!(record.response_size, compressed);
    assert_eq!(record.outcome, Outcome::Success);

    let (_, compressed, record) = exchange(&stage, &outside, gzipped("/users/7")).await;
    assert!(compressed < 500, "{compressed} bytes");
    assert_eq!(record.response_size, 5_200);
    assert_eq!(record.outcome, Outcome::Success);
}

#[actix_web::test]
async fn compressing_changes_no_record_of_what_is_not_compressed() {
    let stage = Stage::new();
    for (order, app) in both_orders!(stage, Compress::default()) {
        expect_usual(&stage, &app, order).await;
    }
}

#[actix_web::test]
async fn logging_changes_no_record() {
    let stage = Stage::new();
    for (order, app) in both_orders!(stage, Logger::default()) {
        expect_usual(&stage, &app, order).await;
    }
}

fn unavailable<B: MessageBody + 'static>(
    response: ServiceResponse<B>,
) -> actix_web::Result<ErrorHandlerResponse<B>> {
    let (request, _) = response.into_parts();
    let response = HttpResponse::build(StatusCode::SERVICE_UNAVAILABLE).body("come back later");
    let response = ServiceResponse::new(request, response.map_into_right_body());
    Ok(ErrorHandlerResponse::Response(response))
}

fn handlers<B: MessageBody + 'static>() -> ErrorHandlers<B> {
    ErrorHandlers::new().handler(StatusCode::INTERNAL_SERVER_ERROR, unavailable)
}

#[actix_web::test]
async fn an_answer_that_is_replaced_inside_is_recorded_as_it_leaves() {
    let stage = Stage::new();
    for (order, app) in both_orders!(stage, handlers()) {
        expect_usual(&stage, &app, order).await;
        let (status, size, record) = exchange(&stage, &app, stage::get("/fails")).await;
        assert_eq!((status, size), (503, 15), "{order}");
        assert_eq!(record.route, "/fails", "{order}");
        match order {
            "inside" => {
                assert_eq!((record.status, record.response_size), (Some(503), 15));
                assert_eq!(record.outcome, Outcome::ServerError);
            }
            // The empty answer of the handler was complete, whatever was sent in its place.
            _ => {
                assert_eq!((record.status, record.response_size), (Some(500), 0));
                assert_eq!(record.outcome, Outcome::ServerError);
            }
        }
    }
}

#[actix_web::test]
async fn a_normalized_path_has_its_route() {
    let stage = Stage::new();
    for (order, app) in both_orders!(stage, NormalizePath::trim()) {
        expect_usual(&stage, &app, order).await;
        let (status, _, record) = exchange(&stage, &app, stage::get("//users///7/")).await;
        assert_eq!(status, 200, "{order}");
        assert_eq!(record.route, "/users/{id}", "{order}");
    }
}
