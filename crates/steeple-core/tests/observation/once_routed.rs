//! What waits until a route is known.

use std::{
    panic, slice,
    sync::{Arc, Mutex},
};

use steeple_core::{
    HttpVersion, Observation, ObserverBuilder, Outcome, RequestHead, RequestRecord, current,
};

use crate::{Stage, respond};

/// What was done, with the id of the request that was current.
type Done = Arc<Mutex<Vec<Option<String>>>>;

/// A request whose route is not known yet.
fn unrouted(stage: &Stage) -> Observation {
    start(stage, None)
}

fn start(stage: &Stage, route: Option<&str>) -> Observation {
    stage.observer.start(&RequestHead {
        method: "GET",
        scheme: None,
        version: HttpVersion::Http11,
        route: route.map(Into::into),
        headers: &(),
        body_size: None,
        details: &Default::default,
    })
}

/// Has something done once the route is known, and gives what was done by then.
fn wait(observation: &mut Observation, done: &Done) -> usize {
    let doing = Arc::clone(done);
    let act = move || {
        let id = current::request_id().map(|id| id.to_string());
        doing.lock().unwrap().push(id);
    };
    observation.run(|| current::once_routed(act)).unwrap();
    done.lock().unwrap().len()
}

#[test]
fn it_is_done_as_soon_as_the_route_is_matched() {
    let (stage, done) = (Stage::new(), Done::default());
    let mut observation = unrouted(&stage);
    let id = observation.request_id().map(ToString::to_string);
    assert_eq!(wait(&mut observation, &done), 0);
    observation.matched_route("/orders/{id}");
    assert_eq!(*done.lock().unwrap(), slice::from_ref(&id));
    assert_eq!(wait(&mut observation, &done), 2);
    respond(&mut observation, 200, Some(0));
    assert_eq!(*done.lock().unwrap(), [id.clone(), id]);
}

#[test]
fn it_is_done_as_soon_as_the_handler_names_the_route() {
    for tell in [current::route, current::matched_route] {
        let (stage, done) = (Stage::new(), Done::default());
        let mut observation = unrouted(&stage);
        let id = observation.request_id().map(ToString::to_string);
        assert_eq!(wait(&mut observation, &done), 0);
        observation.run(|| tell("/orders/{id}")).unwrap();
        assert_eq!(*done.lock().unwrap(), slice::from_ref(&id));
        respond(&mut observation, 200, Some(0));
        assert_eq!(*done.lock().unwrap(), [id]);
    }
}

#[test]
fn it_is_done_as_soon_as_a_nested_router_knows_the_route() {
    let (stage, done) = (Stage::new(), Done::default());
    let mut observation = unrouted(&stage);
    let id = observation.request_id().map(ToString::to_string);
    assert_eq!(wait(&mut observation, &done), 0);
    observation.run(|| drop(unrouted(&stage))).unwrap();
    assert_eq!(*done.lock().unwrap(), []);
    let nested = || drop(start(&stage, Some("/orders/{id}")));
    observation.run(nested).unwrap();
    assert_eq!(*done.lock().unwrap(), [id]);
}

#[test]
fn what_waits_may_tell_of_the_request_and_have_more_done() {
    let (stage, done) = (Stage::new(), Done::default());
    let mut observation = unrouted(&stage);
    let doing = Arc::clone(&done);
    let act = move || {
        current::once_routed(move || doing.lock().unwrap().push(None));
        current::route("/orders");
        current::failed();
    };
    observation.run(|| current::once_routed(act)).unwrap();
    let route = || current::route("/orders/{id}");
    observation.run(route).unwrap();
    assert_eq!(*done.lock().unwrap(), [None]);
    respond(&mut observation, 200, Some(0));
    assert_eq!(stage.only().outcome, Outcome::ServerError);
}

#[test]
fn without_a_route_it_is_done_when_the_request_is_over() {
    let (stage, done) = (Stage::new(), Done::default());
    let mut observation = unrouted(&stage);
    let id = observation.request_id().map(ToString::to_string);
    assert_eq!(wait(&mut observation, &done), 0);
    drop(observation);
    assert_eq!(*done.lock().unwrap(), [id]);
}

#[test]
fn not_more_than_a_few_wait() {
    let (stage, done) = (Stage::new(), Done::default());
    let mut observation = unrouted(&stage);
    let counts: Vec<_> = (0..18).map(|_| wait(&mut observation, &done)).collect();
    assert_eq!(counts[15..], [0, 1, 2]);
    drop(observation);
    assert_eq!(done.lock().unwrap().len(), 18);
}

#[test]
fn what_panics_leaves_the_request_alone() {
    let stage = Stage::new();
    let mut observation = unrouted(&stage);
    let panic = || current::once_routed(|| panic!("too late"));
    observation.run(panic).unwrap();
    observation.matched_route("/orders/{id}");
    observation.run(panic).unwrap_err();
    let mut other = unrouted(&stage);
    other.run(panic).unwrap();
    respond(&mut other, 200, Some(0));
    assert_eq!(stage.only().status, Some(200));
}

/// What one request is said to have panicked with, of which `handler` is the code, and which answers with a 503.
fn blamed(handler: impl FnOnce(&mut Observation)) -> Option<String> {
    let blamed = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&blamed);
    let stage = Stage::with(|builder: ObserverBuilder| {
        builder.sink(move |record: &RequestRecord<'_>| {
            let message = record.panic.map(|panic| panic.message.clone());
            sink.lock().unwrap().push(message);
        })
    });
    let mut observation = unrouted(&stage);
    handler(&mut observation);
    respond(&mut observation, 503, Some(0));
    let outcome = stage.only().outcome;
    let message = blamed.lock().unwrap().remove(0);
    assert_eq!(outcome == Outcome::Panicked, message.is_some());
    message
}

#[test]
fn what_panics_is_not_why_the_request_fails() {
    let panic = || current::once_routed(|| panic!("too late"));
    let told = blamed(|observation| {
        observation.run(panic).unwrap();
        observation.matched_route("/orders/{id}");
    });
    assert_eq!(told, None);
    let named = blamed(|observation| {
        let handler = || {
            panic();
            current::route("/orders/{id}");
        };
        observation.run(handler).unwrap();
    });
    assert_eq!(named, None);
    let caught = blamed(|observation| {
        let handler = || {
            panic();
            panic::catch_unwind(|| panic!("lost")).unwrap_err();
            current::route("/orders/{id}");
        };
        observation.run(handler).unwrap();
    });
    assert_eq!(caught.as_deref(), Some("lost"));
}

#[test]
fn what_panics_keeps_nothing_else_from_being_done() {
    for routed in [true, false] {
        let (stage, done) = (Stage::new(), Done::default());
        let mut observation = unrouted(&stage);
        let panic = || current::once_routed(|| panic!("too late"));
        observation.run(panic).unwrap();
        assert_eq!(wait(&mut observation, &done), 0);
        if routed {
            observation.matched_route("/orders/{id}");
        }
        drop(observation);
        assert_eq!(done.lock().unwrap().len(), 1);
    }
}

#[test]
fn what_is_asked_for_while_the_request_is_told_of_is_done_at_once() {
    let done = Done::default();
    let sink = Arc::clone(&done);
    let stage = Stage::with(|builder| {
        builder.sink(move |record: &RequestRecord<'_>| {
            let (doing, id) = (Arc::clone(&sink), record.request_id.to_string());
            current::once_routed(move || doing.lock().unwrap().push(Some(id)));
        })
    });
    let observation = unrouted(&stage);
    let id = observation.request_id().map(ToString::to_string);
    drop(observation);
    assert_eq!(*done.lock().unwrap(), [id]);
}

#[test]
fn the_path_is_kept_for_its_own_request_alone() {
    let stage = Stage::new();
    let mut observation = unrouted(&stage);
    assert_eq!(observation.path(), "");
    observation.keep_path("/orders/1");
    observation.keep_path("/orders/2");
    assert_eq!(observation.path(), "/orders/2");
    drop(observation);
    // It has the place of the one before.
    assert_eq!(unrouted(&stage).path(), "");
}
