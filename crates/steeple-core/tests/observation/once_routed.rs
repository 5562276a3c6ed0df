//! What waits until a route is known.

use std::{
    slice,
    sync::{Arc, Mutex},
};

use steeple_core::{HttpVersion, Observation, RequestHead, RequestRecord, current};

use crate::{Stage, respond};

/// What was done, with the id of the request that was current.
type Done = Arc<Mutex<Vec<Option<String>>>>;

/// A request whose route is not known yet.
fn unrouted(stage: &Stage) -> Observation {
    stage.observer.start(&RequestHead {
        method: "GET",
        scheme: None,
        version: HttpVersion::Http11,
        route: None,
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
fn without_a_route_it_is_done_when_the_request_is_over() {
    let (stage, done) = (Stage::new(), Done::default());
    let mut observation = unrouted(&stage);
    let id = observation.request_id().map(ToString::to_string);
    assert_eq!(wait(&mut observation, &done), 0);
    drop(observation);
    assert_eq!(*done.lock().unwrap(), [id]);
}

#[test]
fn what_comes_while_the_request_settles_does_not_wait_for_another() {
    let done = Done::default();
    let doing = Arc::clone(&done);
    let stage = Stage::with(|builder| {
        builder.sink(move |_: &RequestRecord<'_>| {
            let doing = Arc::clone(&doing);
            current::once_routed(move || {
                let id = current::request_id().map(|id| id.to_string());
                doing.lock().unwrap().push(id);
            });
        })
    });
    let observation = unrouted(&stage);
    let id = observation.request_id().map(ToString::to_string);
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
