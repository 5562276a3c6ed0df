//! Panics, wherever they come from.

use std::future::Ready;

use actix_web::{
    App, FromRequest, HttpRequest, HttpResponse,
    dev::{Payload, Service},
    web,
};
use steeple_actix::HandlerPanicked;
use steeple_core::Outcome;

use crate::stage::{self, Seen, Stage};

struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        panic!("lost in a drop");
    }
}

fn expect(record: &Seen, message: &str) {
    assert_eq!(record.status, Some(500));
    assert_eq!(record.outcome, Outcome::Panicked);
    assert_eq!(record.panic.as_deref(), Some(message));
    assert_eq!(record.response_size, 0);
}

#[actix_web::test]
async fn a_panic_is_an_empty_500_with_the_id_and_the_service_goes_on() {
    let stage = Stage::new();
    let handler = async || -> &'static str { panic!("lost") };
    let app = App::new()
        .route("/panic", web::get().to(handler))
        .route("/ok", web::get().to(HttpResponse::Ok));
    let app = stage.start(app).await;
    for _ in 0..3 {
        let sent = stage::get("/panic").insert_header(("x-request-id", "order-7"));
        let answer = stage::answer(&app, sent).await;
        assert_eq!((answer.status.as_u16(), answer.body.as_str()), (500, ""));
        assert_eq!(answer.request_id.as_deref(), Some("order-7"));
        expect(&stage.record(), "lost");
        assert_eq!(stage::answer(&app, stage::get("/ok")).await.status, 200);
        assert_eq!(stage.record().outcome, Outcome::Success);
    }
    let error = app.call(stage::get("/panic")).await.unwrap_err();
    assert_eq!(
        error.as_error::<HandlerPanicked>().unwrap().to_string(),
        "the handler panicked"
    );
    assert_eq!(stage.total("http_server_active_requests"), 0.0);
}

#[actix_web::test]
async fn a_panic_in_an_extractor_is_a_500() {
    struct Panics;
    impl FromRequest for Panics {
        type Error = actix_web::Error;
        type Future = Ready<Result<Self, Self::Error>>;
        fn from_request(_: &HttpRequest, _: &mut Payload) -> Self::Future {
            panic!("lost in the extractor")
        }
    }
    let stage = Stage::new();
    let app = App::new().route("/", web::get().to(async |_: Panics| ""));
    let app = stage.start(app).await;
    assert_eq!(stage::answer(&app, stage::get("/")).await.status, 500);
    expect(&stage.record(), "lost in the extractor");
}

#[actix_web::test]
async fn a_panic_in_the_call_itself_is_a_500() {
    let stage = Stage::new();
    let app = App::new()
        .route("/{id}", web::get().to(HttpResponse::Ok))
        .wrap_fn(|request, service| {
            assert!(request.path() != "/1", "lost in the call");
            service.call(request)
        });
    let app = stage.start(app).await;
    let answer = stage::answer(&app, stage::get("/1")).await;
    assert_eq!(answer.status, 500);
    let record = stage.record();
    expect(&record, "lost in the call");
    assert_eq!(record.route, "/{id}");
    assert_eq!(answer.request_id, Some(record.request_id));
}

#[actix_web::test]
async fn a_panic_while_a_cancelled_handler_is_dropped_stays_inside() {
    let stage = Stage::new();
    let handler = async || {
        let _bomb = Bomb;
        std::future::pending::<&'static str>().await
    };
    let app = stage
        .start(App::new().route("/", web::get().to(handler)))
        .await;
    let mut call = app.call(stage::get("/"));
    assert!(futures_util::poll!(&mut call).is_pending());
    drop(call);
    let record = stage.record();
    assert_eq!((record.status, record.outcome), (None, Outcome::Panicked));
    assert_eq!(record.panic.as_deref(), Some("lost in a drop"));
    assert_eq!(stage.total("http_server_active_requests"), 0.0);
}

#[actix_web::test]
async fn a_cancelled_handler_is_counted_and_leaves_the_gauge_at_zero() {
    let stage = Stage::new();
    let handler = std::future::pending::<&'static str>;
    let app = stage
        .start(App::new().route("/", web::get().to(handler)))
        .await;
    for _ in 0..200 {
        let mut call = app.call(stage::get("/"));
        assert!(futures_util::poll!(&mut call).is_pending());
        assert_eq!(stage.total("http_server_active_requests"), 1.0);
        drop(call);
        assert_eq!(stage.record().outcome, Outcome::CancelledBeforeHead);
    }
    assert_eq!(stage.total("http_server_active_requests"), 0.0);
    assert_eq!(stage.total("http_server_requests_total"), 200.0);
}
