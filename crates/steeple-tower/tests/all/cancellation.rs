//! Requests that are dropped.

use std::{convert::Infallible, future};

use futures_executor::block_on;
use futures_util::FutureExt;
use http::Response;
use http_body_util::BodyExt;
use steeple_core::{Outcome, current};
use tower::{Layer, Service, ServiceExt, service_fn};

use crate::stage::{NoBody, Seen, Stage, body, data, request};

fn cancelled(status: Option<u16>, outcome: Outcome, response_size: u64) -> Seen {
    Seen {
        status,
        outcome,
        error_type: None,
        panic: None,
        response_size,
    }
}

async fn never(_: http::Request<NoBody>) -> Result<Response<NoBody>, Infallible> {
    future::pending().await
}

#[test]
fn a_future_that_is_dropped_before_its_first_poll_is_cancelled() {
    let stage = Stage::new();
    drop(stage.layer().layer(service_fn(never)).call(request()));
    assert_eq!(
        stage.settled(),
        cancelled(None, Outcome::CancelledBeforeHead, 0)
    );
}

#[test]
fn a_future_that_is_dropped_between_polls_is_cancelled() {
    let stage = Stage::new();
    let mut service = stage.layer().layer(service_fn(never));
    assert!(service.call(request()).now_or_never().is_none());
    assert_eq!(
        stage.settled(),
        cancelled(None, Outcome::CancelledBeforeHead, 0)
    );
}

#[test]
fn a_body_that_is_dropped_before_its_end_is_cancelled() {
    let stage = Stage::new();
    let service = stage.layer().layer(service_fn(async |_| {
        Ok::<_, Infallible>(Response::new(body([|| data("hello"), || data("again")])))
    }));
    let mut body = Box::pin(block_on(service.oneshot(request())).unwrap().into_body());
    block_on(body.frame()).unwrap().unwrap();
    assert_eq!(stage.total("http_server_active_requests"), 1.0);
    drop(body);
    assert_eq!(
        stage.settled(),
        cancelled(Some(200), Outcome::CancelledInBody, 5)
    );
}

#[test]
fn what_is_dropped_still_knows_its_request() {
    struct Leaves;

    impl Drop for Leaves {
        fn drop(&mut self) {
            assert!(current::request_id().is_some());
        }
    }

    let stage = Stage::new();
    let mut service = stage.layer().layer(service_fn(async |_| {
        let _leaves = Leaves;
        future::pending::<Result<Response<NoBody>, Infallible>>().await
    }));
    assert!(service.call(request()).now_or_never().is_none());
    assert_eq!(
        stage.settled(),
        cancelled(None, Outcome::CancelledBeforeHead, 0)
    );
}

#[test]
fn none_stay_active_however_many_are_dropped() {
    let stage = Stage::new();
    let mut service = stage.layer().layer(service_fn(never));
    for _ in 0..10_000 {
        assert!(service.call(request()).now_or_never().is_none());
    }
    assert_eq!(stage.total("http_server_active_requests"), 0.0);
    assert_eq!(stage.total("http_server_requests_total"), 10_000.0);
}
