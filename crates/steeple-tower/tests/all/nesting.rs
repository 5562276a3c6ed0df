//! Observers within observers.

use std::{cell::Cell, convert::Infallible, sync::Arc};

use futures_executor::block_on;
use http::{Request, Response, StatusCode};
use steeple_core::{Outcome, current};
use tower::{Layer, Service, service_fn};

use crate::stage::{NoBody, Stage, grpc_request, request};

#[test]
fn two_observers_of_one_service_both_record() {
    let (inner, outer) = (Stage::new(), Stage::new());
    let service = inner.layer().layer(service_fn(async |_| {
        Ok::<_, Infallible>(Response::new(NoBody::new()))
    }));
    let answer = outer.send(service, request());
    assert_eq!(answer.status, StatusCode::OK);
    for stage in [inner, outer] {
        assert_eq!(stage.settled().outcome, Outcome::Success);
        assert_eq!(stage.total("steeple_layer_applied_twice_total"), 0.0);
    }
}

#[test]
fn a_panic_is_the_inner_observer_s_and_an_answer_to_the_outer() {
    let (inner, outer) = (Stage::new(), Stage::new());
    let service = inner.layer().layer(service_fn(
        async |_| -> Result<Response<NoBody>, Infallible> {
            panic!("lost");
        },
    ));
    outer.send(service, request());
    assert_eq!(inner.settled().panic.as_deref(), Some("lost"));
    let seen = outer.settled();
    assert_eq!((seen.panic, seen.outcome), (None, Outcome::ServerError));
}

#[test]
fn a_request_that_the_handler_makes_by_itself_is_part_of_its_own() {
    let stage = Stage::new();
    let gateway_to = stage.layer().layer(service_fn(async |_: Request<NoBody>| {
        Ok::<_, Infallible>(Response::new(NoBody::new()))
    }));
    let gateway =
        service_fn(async |_: Request<NoBody>| gateway_to.clone().call(grpc_request()).await);
    stage.send(gateway, request());
    assert_eq!(stage.settled().outcome, Outcome::Success);
    assert_eq!(stage.total("steeple_layer_applied_twice_total"), 0.0);
}

#[test]
fn the_outer_observation_is_current_again_after_the_inner_one() {
    let (inner, outer) = (Stage::new(), Stage::new());
    let within = Arc::new(std::sync::Mutex::new(Cell::new(None)));
    let inside = Arc::clone(&within);
    let mut called = inner.layer().layer(service_fn(move |_: Request<NoBody>| {
        inside.lock().unwrap().set(current::request_id());
        async { Ok::<_, Infallible>(Response::new(NoBody::new())) }
    }));
    let service = service_fn(move |_: Request<NoBody>| {
        let before = current::request_id();
        let answer = block_on_current(called.call(request()));
        let ids = (before, within.lock().unwrap().take(), current::request_id());
        async move {
            let (before, within, after) = ids;
            assert!(before.is_some() && within.is_some());
            assert_eq!(before, after);
            assert_ne!(before, within);
            answer
        }
    });
    let answer = outer.send(service, request());
    assert_eq!(answer.status, StatusCode::OK);
}

/// The answer of a future that is ready at once.
fn block_on_current<F: Future>(future: F) -> F::Output {
    use futures_util::FutureExt;

    future.now_or_never().unwrap()
}

#[test]
fn requests_in_turn_on_one_thread_share_nothing() {
    let stage = Stage::new();
    let mut service = stage.layer().layer(service_fn(async |_| {
        current::attach(&std::io::Error::other("of this request"));
        Ok::<_, Infallible>(Response::new(NoBody::new()))
    }));
    block_on(service.call(request())).unwrap();
    let mut plain = stage.layer().layer(service_fn(async |_| {
        let mut response = Response::new(NoBody::new());
        *response.status_mut() = StatusCode::BAD_GATEWAY;
        Ok::<_, Infallible>(response)
    }));
    block_on(plain.call(request())).unwrap();
    let records = stage.records.all();
    assert_eq!(records[1].error_type.as_deref(), Some("502"));
}
