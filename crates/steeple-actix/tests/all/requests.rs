//! What is known of a request: its id, its method, its body.

use actix_web::{
    App, HttpResponse,
    dev::Service,
    http::{Method, header::CONTENT_LENGTH},
    test::TestRequest,
    web,
};
use bytes::Bytes;
use steeple_actix::Observe;

use crate::stage::{self, Running, Stage};

#[actix_web::test]
async fn an_acceptable_id_is_honoured_and_others_are_replaced() {
    let stage = Stage::new();
    let app = stage
        .start(App::new().route("/", web::get().to(HttpResponse::Ok)))
        .await;
    for (sent, honoured) in [("order-7", true), ("<script>", false)] {
        let request = stage::get("/").insert_header(("x-request-id", sent));
        let answer = stage::answer(&app, request).await;
        let record = stage.record();
        assert_eq!(record.request_id == sent, honoured, "{record:?}");
        assert_eq!(answer.request_id, Some(record.request_id));
    }
}

#[actix_web::test]
async fn an_id_of_the_applications_own_stays() {
    let stage = Stage::new();
    let handler = async || {
        HttpResponse::Ok()
            .insert_header(("x-request-id", "own"))
            .finish()
    };
    let app = stage
        .start(App::new().route("/", web::get().to(handler)))
        .await;
    let answer = stage::answer(&app, stage::get("/")).await;
    assert_eq!(answer.request_id.as_deref(), Some("own"));
}

#[actix_web::test]
async fn a_response_to_head_has_no_body_due() {
    let stage = Stage::new();
    let app = stage
        .start(App::new().route("/", web::head().to(async || "hello")))
        .await;
    drop(
        app.call(stage::get("/").method(Method::HEAD))
            .await
            .unwrap(),
    );
    let record = stage.record();
    assert_eq!(
        (record.method.as_str(), record.outcome.as_str()),
        ("HEAD", "success")
    );
}

/// An application below `observe` that answers how many bytes it read, and that is not told how many there are.
async fn reader(observe: Observe) -> Running {
    let app = App::new()
        .route(
            "/read",
            web::post().to(async |body: Bytes| body.len().to_string()),
        )
        .route("/ignored", web::post().to(HttpResponse::Ok))
        .wrap(observe)
        .wrap_fn(|mut request, service| {
            request.headers_mut().remove(CONTENT_LENGTH);
            service.call(request)
        });
    Running::new(app).await
}

#[actix_web::test]
async fn a_body_of_unknown_length_is_counted_as_it_is_read() {
    let stage = Stage::new();
    let app = reader(stage.observe()).await;
    let post = |path| TestRequest::post().uri(path).set_payload("abcdefg");
    assert_eq!(stage::answer(&app, post("/read")).await.body, "7");
    assert_eq!(stage.record().request_size, Some(7));
    stage::answer(&app, post("/ignored")).await;
    assert_eq!(stage.record().request_size, None, "nobody read it");
}

#[actix_web::test]
async fn a_body_is_as_long_as_its_header_says() {
    let stage = Stage::new();
    let app = App::new().route("/", web::post().to(HttpResponse::Ok));
    let app = stage.start(app).await;
    stage::answer(&app, TestRequest::post().set_payload("abcdefg")).await;
    assert_eq!(stage.record().request_size, Some(7));
}
