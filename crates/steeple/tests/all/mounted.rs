//! What the ops listener serves, mounted in the application's own router.

use std::{
    future::poll_fn,
    pin::pin,
    task::{Context, Poll, Waker},
};

use futures_executor::block_on;
use steeple::{
    Steeple,
    core::ops::{OpsRequest, OpsResponse, OpsService},
    ops::{BindError, Endpoints},
};

use crate::service;

const TOKEN: &str = "0123456789abcdef0123456789abcdef";

fn ask(mounted: &Endpoints, path: &str, token: &str) -> OpsResponse {
    let request = OpsRequest::new("GET", path)
        .with_header("host", "localhost")
        .with_header("authorization", format!("Bearer {token}"));
    match pin!(mounted.call(request)).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(response) => response,
        Poll::Pending => panic!("an answer that is there"),
    }
}

/// The status that `mounted` answers a probe with.
pub(crate) fn livez(mounted: &Endpoints, token: &str) -> u16 {
    ask(mounted, "/livez", token).status()
}

fn shop() -> Steeple {
    Steeple::builder("shop")
        .private()
        .without_ops()
        .build()
        .unwrap()
}

#[test]
fn it_serves_the_metrics_of_the_instance() {
    let steeple = shop();
    service::serve(steeple.observer(), || {});
    let mounted = steeple.ops_service(|ops| ops.token(TOKEN)).unwrap();
    let mut body = ask(&mounted, "/metrics", TOKEN).into_body();
    let mut text = String::new();
    while let Some(chunk) = block_on(poll_fn(|context| body.poll_chunk(context))) {
        text.push_str(str::from_utf8(&chunk).unwrap());
    }
    assert!(text.contains("http_server_requests_total{"), "{text}");
    assert_eq!(livez(&mounted, "wrong"), 401);
}

#[test]
fn it_is_not_to_be_had_without_a_token() {
    let error = shop().ops_service(|ops| ops).unwrap_err();
    assert!(matches!(error, BindError::ServiceTokenMissing), "{error}");
}
