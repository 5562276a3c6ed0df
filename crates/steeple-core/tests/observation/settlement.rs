//! Which calls make which outcome.

use std::panic::{self, AssertUnwindSafe};

use proptest::prelude::*;
use steeple_core::{Outcome, ResponseHead, current};

use crate::{Seen, Stage, respond};

fn seen(outcome: Outcome, status: impl Into<Option<u16>>, response_size: u64) -> Seen {
    Seen {
        outcome,
        error_type: None,
        status: status.into(),
        response_size,
    }
}

fn failed(seen: Seen, error_type: &str) -> Seen {
    Seen {
        error_type: Some(error_type.to_owned()),
        ..seen
    }
}

#[test]
fn a_drop_before_the_head_is_a_cancellation() {
    let stage = Stage::new();
    drop(stage.get());
    assert_eq!(stage.only(), seen(Outcome::CancelledBeforeHead, None, 0));
}

#[test]
fn a_drop_within_the_body_is_a_cancellation() {
    let stage = Stage::new();
    let mut observation = stage.get();
    respond(&mut observation, 200, None);
    observation.chunk(3);
    drop(observation);
    assert_eq!(stage.only(), seen(Outcome::CancelledInBody, 200, 3));
}

#[test]
fn a_drop_after_all_that_was_promised_is_complete() {
    for by_header in [false, true] {
        let stage = Stage::new();
        let mut observation = stage.get();
        observation.respond(&ResponseHead {
            status: 200,
            headers: if by_header {
                &[("content-length", "5")]
            } else {
                &[] as &[(&str, &str); 0]
            },
            body_size: (!by_header).then_some(5),
        });
        observation.chunk(2);
        observation.chunk(3);
        drop(observation);
        assert_eq!(stage.only(), seen(Outcome::Success, 200, 5));
    }
}

#[test]
fn a_drop_short_of_what_was_promised_is_a_cancellation() {
    let stage = Stage::new();
    let mut observation = stage.get();
    respond(&mut observation, 200, Some(5));
    observation.chunk(4);
    drop(observation);
    assert_eq!(stage.only(), seen(Outcome::CancelledInBody, 200, 4));
}

#[test]
fn a_body_that_ends_short_of_what_was_promised_is_broken() {
    let stage = Stage::new();
    let mut observation = stage.get();
    respond(&mut observation, 200, Some(5));
    observation.chunk(4);
    observation.finish();
    let broken = seen(Outcome::BodyError, 200, 4);
    assert_eq!(stage.only(), failed(broken, "body_error"));
}

#[test]
fn where_no_body_is_due_the_head_settles() {
    for (method, status, size) in [
        ("HEAD", 200, Some(5)),
        ("GET", 204, None),
        ("GET", 304, None),
        ("GET", 101, None),
        ("GET", 200, Some(0)),
    ] {
        let stage = Stage::new();
        let mut observation = stage.start(method, &());
        respond(&mut observation, status, size);
        assert_eq!(
            stage.only(),
            seen(Outcome::Success, status, 0),
            "{method} {status}"
        );
        drop(observation);
        assert_eq!(stage.seen().len(), 1, "once");
    }
}

#[test]
fn a_length_of_zero_in_the_head_means_that_no_body_is_due() {
    let stage = Stage::new();
    let mut observation = stage.get();
    observation.respond(&ResponseHead {
        status: 200,
        headers: &[("content-length", "0")],
        body_size: None,
    });
    assert_eq!(stage.only(), seen(Outcome::Success, 200, 0));
}

#[test]
fn a_tunnel_is_an_upgrade_without_a_body() {
    let stage = Stage::new();
    respond(&mut stage.start("CONNECT", &()), 200, None);
    assert_eq!(stage.only(), seen(Outcome::Success, 200, 0));
    let stage = Stage::new();
    let mut refused = stage.start("CONNECT", &());
    respond(&mut refused, 403, None);
    drop(refused);
    assert_eq!(stage.only(), seen(Outcome::CancelledInBody, 403, 0));
}

#[test]
fn a_request_within_a_job_is_observed() {
    let stage = Stage::new();
    stage
        .observer
        .observe("job", "warm-up")
        .run(|| respond(&mut stage.get(), 404, Some(0)));
    assert_eq!(stage.only(), seen(Outcome::ClientError, 404, 0));
}

#[test]
fn a_job_panics_on_with_what_it_panicked_with() {
    let stage = Stage::new();
    let panicking = || {
        stage
            .observer
            .observe("job", "nightly")
            .run(|| panic!("disk full"))
    };
    let payload = panic::catch_unwind(AssertUnwindSafe(panicking)).unwrap_err();
    assert_eq!(payload.downcast_ref::<&str>(), Some(&"disk full"));
}

#[test]
fn a_status_decides_where_nothing_else_does() {
    for (status, outcome) in [
        (200, Outcome::Success),
        (302, Outcome::Success),
        (400, Outcome::ClientError),
    ] {
        let stage = Stage::new();
        respond(&mut stage.get(), status, Some(0));
        assert_eq!(stage.only(), seen(outcome, status, 0));
    }
    let stage = Stage::new();
    respond(&mut stage.get(), 500, Some(0));
    assert_eq!(
        stage.only(),
        failed(seen(Outcome::ServerError, 500, 0), "500")
    );
}

#[test]
fn an_error_instead_of_a_head_is_a_server_error() {
    let stage = Stage::new();
    stage.get().fail("tower::BoxError");
    assert_eq!(
        stage.only(),
        failed(seen(Outcome::ServerError, None, 0), "tower::BoxError")
    );
}

#[test]
fn an_error_in_the_body_is_a_body_error() {
    let stage = Stage::new();
    let mut observation = stage.get();
    respond(&mut observation, 200, None);
    observation.chunk(1);
    observation.fail("whatever");
    assert_eq!(
        stage.only(),
        failed(seen(Outcome::BodyError, 200, 1), "body_error")
    );
}

#[test]
fn a_panic_outweighs_the_answer() {
    let stage = Stage::new();
    let mut observation = stage.get();
    assert!(observation.run(|| panic!("lost")).is_err());
    respond(&mut observation, 500, Some(0));
    assert_eq!(
        stage.only(),
        failed(seen(Outcome::Panicked, 500, 0), "panic")
    );
}

#[test]
fn a_panic_that_the_application_caught_is_why_it_answers_with_an_error() {
    for (status, expected) in [
        (500, failed(seen(Outcome::Panicked, 500, 0), "panic")),
        (418, seen(Outcome::ClientError, 418, 0)),
        (200, seen(Outcome::Success, 200, 0)),
    ] {
        let stage = Stage::new();
        let mut observation = stage.get();
        let caught = observation.run(|| panic::catch_unwind(|| panic!("caught")).is_err());
        assert!(caught.unwrap());
        respond(&mut observation, status, Some(0));
        assert_eq!(stage.only(), expected);
    }
}

#[test]
fn the_application_can_judge_its_answer() {
    for (status, judge, expected) in [
        (
            200,
            current::failed as fn(),
            failed(seen(Outcome::ServerError, 200, 0), "_OTHER"),
        ),
        (
            404,
            current::failed,
            failed(seen(Outcome::ServerError, 404, 0), "404"),
        ),
        (
            503,
            current::failed,
            failed(seen(Outcome::ServerError, 503, 0), "503"),
        ),
        (503, current::succeeded, seen(Outcome::Success, 503, 0)),
        (404, current::succeeded, seen(Outcome::ClientError, 404, 0)),
        (
            503,
            || {
                current::failed();
                current::succeeded();
            },
            seen(Outcome::Success, 503, 0),
        ),
    ] {
        let stage = Stage::new();
        let mut observation = stage.get();
        observation.run(judge).unwrap();
        respond(&mut observation, status, Some(0));
        assert_eq!(stage.only(), expected);
    }
}

#[test]
fn what_became_of_an_answer_outweighs_what_the_application_says_of_it() {
    for judge in [current::failed, current::succeeded] {
        let stage = Stage::new();
        let mut observation = stage.get();
        observation.run(judge).unwrap();
        drop(observation);
        let mut observation = stage.get();
        observation.run(judge).unwrap();
        respond(&mut observation, 200, None);
        drop(observation);
        let mut observation = stage.get();
        observation.run(judge).unwrap();
        respond(&mut observation, 200, None);
        observation.fail("io");
        let mut observation = stage.get();
        let panicking = || {
            judge();
            panic!("lost")
        };
        assert!(observation.run(panicking).is_err());
        respond(&mut observation, 500, Some(0));
        let outcomes: Vec<_> = stage.seen().iter().map(|seen| seen.outcome).collect();
        assert_eq!(
            outcomes,
            [
                Outcome::CancelledBeforeHead,
                Outcome::CancelledInBody,
                Outcome::BodyError,
                Outcome::Panicked
            ]
        );
    }
}

#[test]
fn a_marked_timeout_outweighs_the_answer() {
    let stage = Stage::new();
    let mut observation = stage.get();
    observation.run(current::timed_out).unwrap();
    respond(&mut observation, 503, Some(0));
    assert_eq!(
        stage.only(),
        failed(seen(Outcome::TimedOut, 503, 0), "timeout")
    );
}

#[test]
fn the_status_of_grpc_decides_for_grpc_alone() {
    let statuses = [
        ("0", Outcome::Success, None),
        ("5", Outcome::ClientError, None),
        ("13", Outcome::ServerError, Some("INTERNAL")),
        ("14", Outcome::ServerError, Some("UNAVAILABLE")),
    ];
    for (grpc_status, outcome, error_type) in statuses {
        let stage = Stage::new();
        let mut observation = stage.start("POST", &[("content-type", "application/grpc")]);
        respond(&mut observation, 200, None);
        observation.trailers(&[("grpc-status", grpc_status)]);
        observation.finish();
        let expected = Seen {
            error_type: error_type.map(str::to_owned),
            ..seen(outcome, 200, 0)
        };
        assert_eq!(stage.only(), expected, "{grpc_status}");

        let stage = Stage::new();
        let mut observation = stage.start("POST", &[("content-type", "text/plain")]);
        respond(&mut observation, 200, None);
        observation.trailers(&[("grpc-status", grpc_status)]);
        observation.finish();
        assert_eq!(stage.only(), seen(Outcome::Success, 200, 0));
    }
}

#[test]
fn a_request_observed_twice_settles_once() {
    let stage = Stage::new();
    let mut outer = stage.get();
    outer
        .run(|| {
            let mut inner = stage.get();
            assert!(inner.request_id().is_none());
            respond(&mut inner, 500, Some(0));
        })
        .unwrap();
    assert_eq!(stage.seen(), []);
    respond(&mut outer, 200, Some(0));
    assert_eq!(stage.only(), seen(Outcome::Success, 200, 0));
}

#[test]
fn another_observer_observes_the_same_request_for_itself() {
    let (outside, inside) = (Stage::new(), Stage::new());
    let mut outer = outside.get();
    outer
        .run(|| {
            let mut inner = inside.get();
            let (outer_id, inner_id) = (current::request_id(), inner.request_id().copied());
            assert_ne!(outer_id, inner_id);
            assert_eq!(inner.run(current::request_id).unwrap(), inner_id);
            assert_eq!(
                current::request_id(),
                outer_id,
                "the outer one is current again"
            );
            respond(&mut inner, 404, Some(0));
        })
        .unwrap();
    respond(&mut outer, 200, Some(0));
    assert_eq!(inside.only(), seen(Outcome::ClientError, 404, 0));
    assert_eq!(outside.only(), seen(Outcome::Success, 200, 0));
}

/// What an adapter may tell an observation.
#[derive(Clone, Debug)]
enum Step {
    Respond(u16, Option<u64>),
    Chunk(usize),
    Panic,
    Fail,
    Finish,
    MoveToAnotherThread,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (100..600_u16, proptest::option::of(0..10_u64))
            .prop_map(|(status, size)| Step::Respond(status, size)),
        (0..5_usize).prop_map(Step::Chunk),
        Just(Step::Panic),
        Just(Step::Fail),
        Just(Step::Finish),
        Just(Step::MoveToAnotherThread),
    ]
}

proptest! {
    #[test]
    fn whatever_an_adapter_tells_it_settles_exactly_once(steps in proptest::collection::vec(step(), 0..8)) {
        let stage = Stage::new();
        let mut observation = stage.get();
        for step in steps {
            match step {
                Step::Respond(status, size) => respond(&mut observation, status, size),
                Step::Chunk(bytes) => observation.chunk(bytes),
                // Past its settlement nothing is kept from anybody any more. Resumed, a panic prints nothing.
                Step::Panic => {
                    let _ = panic::catch_unwind(AssertUnwindSafe(|| {
                        let _ = observation.run(|| panic::resume_unwind(Box::new(())));
                    }));
                }
                Step::Fail => observation.fail("error"),
                Step::Finish => observation.finish(),
                Step::MoveToAnotherThread => {
                    observation = std::thread::spawn(|| observation).join().unwrap();
                }
            }
        }
        drop(observation);
        prop_assert_eq!(stage.seen().len(), 1);
        prop_assert!(current::request_id().is_none());
    }
}
