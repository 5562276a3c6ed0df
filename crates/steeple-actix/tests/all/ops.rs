//! An ops service below a prefix of the application.

use std::{
    future::ready,
    sync::{Arc, Mutex},
    task::{Context, Poll},
};

use actix_web::{App, test::TestRequest, web};
use bytes::Bytes;
use steeple_core::ops::{OpsBody, OpsFuture, OpsRequest, OpsResponse, OpsService, OpsStream};

use crate::stage::{self, Stage};

/// Answers with what it was asked, streamed below `/stream`.
#[derive(Default)]
struct Echo(Mutex<Option<OpsRequest>>);

impl OpsService for Echo {
    fn call(&self, request: OpsRequest) -> OpsFuture {
        let body = if request.path() == "/stream" {
            OpsBody::Stream(Box::new(Counted(3)))
        } else {
            let query = request.query().unwrap_or("none");
            OpsBody::Full(format!("{} {} {query}", request.method(), request.path()).into())
        };
        *self.0.lock().unwrap() = Some(request);
        let response = OpsResponse::new(203).with_header("x-echo", "yes");
        Box::pin(ready(response.with_body(body)))
    }
}

struct Counted(u32);

impl OpsStream for Counted {
    fn poll_chunk(&mut self, _: &mut Context<'_>) -> Poll<Option<Bytes>> {
        self.0 -= 1;
        Poll::Ready((self.0 > 0).then(|| format!("data: {}\n\n", self.0).into()))
    }
}

#[actix_web::test]
async fn every_path_below_the_prefix_is_answered() {
    let stage = Stage::new();
    let echo: Arc<dyn OpsService> = Arc::new(Echo::default());
    let app = App::new()
        .service(steeple_actix::ops("/internal", Arc::clone(&echo)))
        .service(web::scope("/{tenant}").service(steeple_actix::ops("/ops", echo)));
    let app = stage.start(app).await;
    for (sent, seen) in [
        ("/internal", "GET / none"),
        ("/internal/", "GET / none"),
        ("/internal/metrics", "GET /metrics none"),
        ("/internal/api/a%2Fb%20c?x=%20", "GET /api/a%2Fb%20c x=%20"),
        ("/%61cme/ops/livez", "GET /livez none"),
    ] {
        let answer = stage::answer(&app, stage::get(sent)).await;
        assert_eq!((answer.status.as_u16(), answer.body.as_str()), (203, seen));
        let route = stage.record().route;
        let prefix = if sent.starts_with("/internal") {
            "/internal"
        } else {
            "/{tenant}/ops"
        };
        assert_eq!(route, format!("{prefix}/{{path:.*}}"));
    }
    assert_eq!(
        stage::answer(&app, stage::get("/internals")).await.status,
        404
    );
}

#[actix_web::test]
async fn the_request_is_handed_on_whole() {
    let echo = Arc::new(Echo::default());
    let app = App::new().service(steeple_actix::ops("/internal", Arc::clone(&echo)));
    let app = Stage::new().start(app).await;
    let request = TestRequest::put()
        .uri("/internal/log-level")
        .peer_addr("127.0.0.1:4711".parse().unwrap())
        .insert_header(("authorization", "Bearer token"))
        .set_payload("debug");
    stage::answer(&app, request).await;
    let seen = echo.0.lock().unwrap().take().unwrap();
    assert_eq!(
        (seen.method(), seen.path(), seen.body()),
        ("PUT", "/log-level", &b"debug"[..])
    );
    assert_eq!(seen.header("authorization"), Some(&b"Bearer token"[..]));
    assert_eq!(seen.peer().unwrap().port(), 4711);
}

/// HTTP/2 has no `Host`; a `Host` that says something else than the target is not believed.
#[actix_web::test]
async fn the_host_of_the_target_is_the_host() {
    for (uri, hosts) in [
        (
            "http://shop.example/internal/x",
            &[&b"shop.example"[..]][..],
        ),
        ("/internal/x", &[b"forged.example", b"localhost"]),
    ] {
        let echo = Arc::new(Echo::default());
        let app = App::new().service(steeple_actix::ops("/internal", Arc::clone(&echo)));
        let app = Stage::new().start(app).await;
        let request = TestRequest::get()
            .uri(uri)
            .append_header(("host", "forged.example"))
            .append_header(("host", "localhost"));
        stage::answer(&app, request).await;
        let seen = echo.0.lock().unwrap().take().unwrap();
        assert_eq!(seen.hosts().collect::<Vec<_>>(), hosts, "{uri}");
    }
}

#[actix_web::test]
async fn a_large_body_is_refused_before_the_service_sees_it() {
    let echo = Arc::new(Echo::default());
    let app = App::new().service(steeple_actix::ops("/internal", Arc::clone(&echo)));
    let app = Stage::new().start(app).await;
    let request = TestRequest::put()
        .uri("/internal/x")
        .set_payload(vec![b'x'; 1025]);
    assert_eq!(stage::answer(&app, request).await.status, 413);
    assert!(echo.0.lock().unwrap().is_none());
}

#[actix_web::test]
async fn a_stream_is_sent_chunk_by_chunk() {
    let stage = Stage::new();
    let app = App::new().service(steeple_actix::ops("/internal", Echo::default()));
    let app = stage.start(app).await;
    let answer = stage::answer(&app, stage::get("/internal/stream")).await;
    assert_eq!(answer.body, "data: 2\n\ndata: 1\n\n");
    assert_eq!(stage.record().response_size, 18);
}
