//! What handlers see of the observation, and add to it.

use std::io;

use actix_web::{App, HttpMessage, HttpRequest, HttpResponse, dev::Service, http::StatusCode, web};
use steeple_core::current;

use crate::stage::{self, Stage};

#[actix_web::test]
async fn a_handler_adds_a_label() {
    let stage = Stage::new();
    let handler = async || {
        current::label("tenant", "acme");
        current::label("undeclared", "left out");
        ""
    };
    let app = stage
        .start(App::new().route("/", web::get().to(handler)))
        .await;
    stage::answer(&app, stage::get("/")).await;
    let metrics = stage.metrics();
    assert!(
        metrics.contains(r#"tenant="acme""#) && !metrics.contains("undeclared"),
        "{metrics}"
    );
}

#[actix_web::test]
async fn a_handler_attaches_the_error_behind_its_status() {
    let stage = Stage::new();
    let handler = async || {
        current::attach(&io::Error::other("the bank does not answer"));
        HttpResponse::BadGateway().finish()
    };
    let app = stage
        .start(App::new().route("/", web::get().to(handler)))
        .await;
    stage::answer(&app, stage::get("/")).await;
    let record = stage.record();
    assert_eq!(
        (record.error_type.as_deref(), record.error.as_deref()),
        (
            Some("std::io::error::Error"),
            Some("the bank does not answer")
        )
    );
}

#[actix_web::test]
async fn handlers_and_middleware_read_the_id_that_is_answered() {
    let stage = Stage::new();
    fn id() -> String {
        current::request_id().unwrap().to_string()
    }
    let app = App::new()
        .route("/", web::get().to(async || id()))
        .wrap_fn(|request, service| {
            let before = id();
            let call = service.call(request);
            async move {
                let response = call.await?;
                assert_eq!(id(), before);
                Ok(response)
            }
        });
    let app = stage.start(app).await;
    let answer = stage::answer(&app, stage::get("/")).await;
    assert_eq!(answer.body, answer.request_id.unwrap());
    assert_eq!(answer.body, stage.record().request_id);
    assert_eq!(current::request_id(), None);
}

#[actix_web::test]
async fn requests_on_one_thread_do_not_see_each_other() {
    let stage = Stage::new();
    let handler = async |name: web::Path<String>| {
        current::label("tenant", &name);
        futures_util::future::poll_fn({
            let mut polled = false;
            move |context| {
                context.waker().wake_by_ref();
                if std::mem::replace(&mut polled, true) {
                    std::task::Poll::Ready(())
                } else {
                    std::task::Poll::Pending
                }
            }
        })
        .await;
        current::request_id().unwrap().to_string()
    };
    let app = stage
        .start(App::new().route("/{name}", web::get().to(handler)))
        .await;
    let (one, two) = futures_util::join!(
        stage::answer(&app, stage::get("/one")),
        stage::answer(&app, stage::get("/two")),
    );
    assert_eq!(one.body, one.request_id.unwrap());
    assert_eq!(two.body, two.request_id.unwrap());
    assert_ne!(one.body, two.body);
}

#[actix_web::test]
async fn an_application_may_keep_requests() {
    let stage = Stage::new();
    let kept = web::Data::new(std::sync::Mutex::new(0_usize));
    let handler = async |request: HttpRequest, kept: web::Data<std::sync::Mutex<usize>>| {
        // A request that holds itself is never given back.
        request.extensions_mut().insert(request.clone());
        *kept.lock().unwrap() += 1;
        let clone = request.clone();
        actix_web::rt::spawn(async move { clone.path().len() });
        HttpResponse::build(StatusCode::OK).body(request.path().to_owned())
    };
    let app = App::new()
        .app_data(kept.clone())
        .route("/kept/{id}", web::get().to(handler))
        .wrap_fn(|request, service| {
            request.extensions_mut().insert("kept by middleware");
            service.call(request)
        });
    let app = stage.start(app).await;
    for _ in 0..300 {
        let answer = stage::answer(&app, stage::get("/kept/1")).await;
        assert_eq!(
            (answer.status, answer.body.as_str()),
            (StatusCode::OK, "/kept/1")
        );
        assert_eq!(stage.record().route, "/kept/{id}");
    }
    assert_eq!(*kept.lock().unwrap(), 300);
    assert_eq!(stage.total("http_server_active_requests"), 0.0);
}
