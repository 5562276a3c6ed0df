//! What is known of a request: its id, its method, its body.

use std::future;

use actix_web::{
    App, HttpMessage, HttpResponse,
    dev::Service,
    http::{
        Method, Version,
        header::{CONTENT_LENGTH, CONTENT_TYPE},
    },
    test::TestRequest,
    web,
};
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use steeple_actix::Observe;
use steeple_core::{Outcome, current};

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
async fn of_several_ids_the_last_one_counts() {
    let stage = Stage::new();
    let app = stage
        .start(App::new().route("/", web::get().to(HttpResponse::Ok)))
        .await;
    let request = stage::get("/")
        .append_header(("x-request-id", "first"))
        .append_header(("x-request-id", "last"));
    let answer = stage::answer(&app, request).await;
    assert_eq!(stage.record().request_id, "last");
    assert_eq!(answer.request_id.as_deref(), Some("last"));
}

#[actix_web::test]
async fn the_callers_trace_goes_on_unless_it_sends_several() {
    const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
    let parent = |span: &str| ("traceparent", format!("00-{TRACE}-{span}-01"));
    let stage = Stage::new();
    let trace = async || current::trace().unwrap().trace_id().to_string();
    // As a server hands it on, a request without a body has no payload.
    let app = App::new()
        .route("/", web::get().to(trace))
        .wrap(stage.observe())
        .wrap_fn(|mut request, service| {
            drop(request.take_payload());
            service.call(request)
        });
    let app = Running::new(app).await;
    let one = stage::get("/").append_header(parent("b7ad6b7169203331"));
    assert_eq!(stage::answer(&app, one).await.body, TRACE);
    let several = stage::get("/")
        .append_header(parent("b7ad6b7169203331"))
        .append_header(parent("00f067aa0ba902b7"));
    assert_ne!(stage::answer(&app, several).await.body, TRACE);
}

#[actix_web::test]
async fn a_grpc_call_past_its_deadline_is_timed_out() {
    let stage = Stage::new();
    let handler = future::pending::<&'static str>;
    let app = stage
        .start(App::new().route("/", web::post().to(handler)))
        .await;
    for (version, outcome) in [
        (Version::HTTP_2, Outcome::TimedOut),
        (Version::HTTP_11, Outcome::CancelledBeforeHead),
    ] {
        let request = TestRequest::post()
            .version(version)
            .insert_header((CONTENT_TYPE, "application/grpc"))
            .insert_header(("grpc-timeout", "1n"));
        let mut call = app.call(request);
        assert!(futures_util::poll!(&mut call).is_pending());
        drop(call);
        assert_eq!(stage.record().outcome, outcome);
    }
}

#[actix_web::test]
async fn an_answer_has_one_id_the_applications_own_if_the_request_can_take_it_over() {
    let answers: [(&[&str], &str); 5] = [
        (&[], "sent"),
        (&["own"], "own"),
        (&["own", "another"], "own"),
        (&["not acceptable", "own"], "own"),
        (&["not acceptable"], "sent"),
    ];
    for (own, told) in answers {
        let stage = Stage::new();
        let handler = move || {
            let mut answer = HttpResponse::Ok();
            for id in own {
                answer.append_header(("x-request-id", *id));
            }
            future::ready(answer.finish())
        };
        let app = App::new().route("/", web::get().to(handler));
        let app = stage.start(app).await;
        let request = stage::get("/").insert_header(("x-request-id", "sent"));
        let Ok(answer) = app.call(request).await else {
            panic!("it is answered");
        };
        let ids: Vec<_> = answer.headers().get_all("x-request-id").collect();
        assert_eq!(ids, [told], "{own:?}");
        drop(answer);
        assert_eq!(stage.record().request_id.as_str(), told, "{own:?}");
    }
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
async fn a_body_of_http_2_is_handed_on_whole_and_counted() {
    let stage = Stage::new();
    let app = reader(stage.observe()).await;
    let post = |path| {
        let request = TestRequest::post().version(Version::HTTP_2);
        request.uri(path).set_payload("abcdefg")
    };
    assert_eq!(stage::answer(&app, post("/read")).await.body, "7");
    assert_eq!(stage.record().request_size, Some(7));
    stage::answer(&app, post("/ignored")).await;
    assert_eq!(stage.record().request_size, None, "nobody read it");
}

#[actix_web::test]
async fn a_body_that_a_middleware_made_is_read_by_the_handler_alone() {
    let stage = Stage::new();
    let read = || web::post().to(async |body: Bytes| body.len().to_string());
    let app = App::new().route("/", read()).wrap(stage.observe());
    let app = app.wrap_fn(|mut request, service| {
        let panics = stream::once(async { panic!("the stream is broken") });
        request.set_payload(panics.boxed_local().into());
        service.call(request)
    });
    let app = Running::new(app).await;
    let request = TestRequest::post().version(Version::HTTP_2);
    assert_eq!(stage::answer(&app, request).await.status, 500);
    assert_eq!(stage.record().outcome, Outcome::Panicked);
}

#[actix_web::test]
async fn a_body_is_as_long_as_its_header_says() {
    let stage = Stage::new();
    let app = App::new().route("/", web::post().to(HttpResponse::Ok));
    let app = stage.start(app).await;
    stage::answer(&app, TestRequest::post().set_payload("abcdefg")).await;
    assert_eq!(stage.record().request_size, Some(7));
}
