//! An ops service below a prefix of the application.

use std::{
    future::ready,
    net::SocketAddr,
    sync::{Arc, Mutex},
    task::{Context, Poll},
};

use axum::{
    Router,
    body::{Body, Bytes, HttpBody},
    extract::ConnectInfo,
    http::{Method, Request, StatusCode},
};
use futures_util::{StreamExt, stream};
use steeple_core::ops::{OpsBody, OpsFuture, OpsRequest, OpsResponse, OpsService, OpsStream};
use tower::ServiceExt;

use crate::stage::{Stage, get, request};

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

impl Echo {
    fn seen(&self) -> Option<OpsRequest> {
        self.0.lock().unwrap().take()
    }
}

struct Counted(u32);

impl OpsStream for Counted {
    fn poll_chunk(&mut self, _: &mut Context<'_>) -> Poll<Option<Bytes>> {
        self.0 -= 1;
        Poll::Ready((self.0 > 0).then(|| format!("data: {}\n\n", self.0).into()))
    }
}

/// A router with `service` below `/internal`.
fn mounted(service: &Arc<Echo>) -> Router {
    Router::new().merge(steeple_axum::ops("/internal", Arc::clone(service)))
}

#[tokio::test]
async fn every_path_below_the_prefix_is_answered() {
    let stage = Stage::new();
    let echo: Arc<dyn OpsService> = Arc::new(Echo::default());
    let tenant = Router::new().merge(steeple_axum::ops("/ops", Arc::clone(&echo)));
    let router = Router::new()
        .merge(steeple_axum::ops("/internal", echo))
        .nest("/{tenant}", tenant)
        .layer(stage.layer());
    for (sent, seen, route) in [
        ("/internal", "GET / none", "/internal"),
        ("/internal/", "GET / none", "/internal/"),
        (
            "/internal/metrics",
            "GET /metrics none",
            "/internal/{*path}",
        ),
        (
            "/internal/api/a%2Fb%20c?x=%20",
            "GET /api/a%2Fb%20c x=%20",
            "/internal/{*path}",
        ),
        (
            "/%61cme/ops/livez",
            "GET /livez none",
            "/{tenant}/ops/{*path}",
        ),
    ] {
        let (answer, records) = stage.send(&router, get(sent)).await;
        assert_eq!((answer.status.as_u16(), answer.body.as_str()), (203, seen));
        assert_eq!(records[0].route, route, "{sent}");
    }
    let (answer, _) = stage.send(&router, get("/internals")).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn the_request_is_handed_on_whole() {
    let echo = Arc::new(Echo::default());
    let request = Request::put("/internal/log-level")
        .extension(ConnectInfo(SocketAddr::from(([127, 0, 0, 1], 4711))))
        .header("authorization", "Bearer token")
        .body(Body::from("debug"))
        .unwrap();
    let response = mounted(&echo).oneshot(request).await.unwrap();
    assert_eq!(response.headers()["x-echo"], "yes");
    let seen = echo.seen().unwrap();
    assert_eq!(
        (seen.method(), seen.path(), seen.body()),
        ("PUT", "/log-level", &b"debug"[..])
    );
    assert_eq!(seen.header("authorization"), Some(&b"Bearer token"[..]));
    assert_eq!(seen.peer().unwrap().port(), 4711);
}

#[tokio::test]
async fn an_unknown_peer_is_none() {
    let echo = Arc::new(Echo::default());
    mounted(&echo).oneshot(get("/internal/x")).await.unwrap();
    assert_eq!(echo.seen().unwrap().peer(), None);
}

/// HTTP/2 has no `Host`; a `Host` that says something else than the target is not believed.
#[tokio::test]
async fn the_host_of_the_target_is_the_host() {
    let echo = Arc::new(Echo::default());
    let request = Request::get("http://shop.example/internal/x")
        .header("host", "forged.example")
        .body(Body::empty())
        .unwrap();
    mounted(&echo).oneshot(request).await.unwrap();
    let seen = echo.seen().unwrap();
    assert_eq!(seen.hosts().collect::<Vec<_>>(), [&b"shop.example"[..]]);
}

#[tokio::test]
async fn a_large_body_is_refused_before_the_service_sees_it() {
    let stage = Stage::new();
    let echo = Arc::new(Echo::default());
    let router = mounted(&echo).layer(stage.layer());
    let chunk = || stream::repeat_with(|| Ok::<_, std::io::Error>("x"));
    for (body, status) in [
        (Body::from(vec![b'x'; 1024]), 203),
        (Body::from(vec![b'x'; 1025]), 413),
        (Body::from_stream(chunk().take(1024)), 203),
        (Body::from_stream(chunk()), 413),
    ] {
        let (answer, _) = stage
            .send(&router, request(Method::PUT, "/internal/x", body))
            .await;
        assert_eq!(answer.status, status);
        assert_eq!(echo.seen().is_some(), status == 203);
    }
}

#[tokio::test]
async fn a_body_that_breaks_off_is_refused() {
    let echo = Arc::new(Echo::default());
    let broken = stream::iter([Ok("debug"), Err(std::io::Error::other("reset"))]);
    let request = request(Method::PUT, "/internal/x", Body::from_stream(broken));
    let response = mounted(&echo).oneshot(request).await.unwrap();
    assert_eq!(response.status(), StatusCode::BAD_REQUEST);
    assert!(echo.seen().is_none());
}

#[tokio::test]
async fn a_stream_is_sent_chunk_by_chunk() {
    let stage = Stage::new();
    let router = mounted(&Arc::default()).layer(stage.layer());
    let (answer, records) = stage.send(&router, get("/internal/stream")).await;
    assert_eq!(answer.body, "data: 2\n\ndata: 1\n\n");
    assert_eq!(records[0].response_size, 18);
}

#[tokio::test]
async fn the_answer_tells_its_size_where_it_is_known() {
    let router = mounted(&Arc::default());
    for (path, size) in [("/internal/x", Some(11)), ("/internal/stream", None)] {
        let response = router.clone().oneshot(get(path)).await.unwrap();
        assert_eq!(response.body().size_hint().exact(), size);
    }
}

#[test]
#[should_panic(expected = "root")]
fn the_root_cannot_be_mounted_at() {
    let _: Router = steeple_axum::ops("/", Echo::default());
}

#[tokio::test]
async fn without_a_router_the_prefix_is_taken_off() {
    let mounted = steeple_tower::MountedOps::new(Echo::default()).below("/internal");
    for (sent, expected) in [
        ("/internal", Some("GET / none")),
        ("/internal/", Some("GET / none")),
        ("/internal/api/a%2Fb?x=%20", Some("GET /api/a%2Fb x=%20")),
        ("/internals", None),
        ("/", None),
    ] {
        let answer = crate::stage::answer(mounted.clone(), get(sent)).await;
        let status = if expected.is_some() { 203 } else { 404 };
        assert_eq!(answer.status, status, "{sent}");
        assert_eq!(answer.body, expected.unwrap_or_default());
    }
}
