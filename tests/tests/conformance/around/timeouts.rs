//! Middleware that gives up.

use steeple::{Outcome, current};
use tower::{
    ServiceBuilder,
    timeout::{TimeoutLayer, error::Elapsed},
};

use crate::{
    around::framework::{Framework, stage},
    expected::{failed, left, seen},
    fixture::{BoxError, LIMIT},
    http_fixture::timeout,
    records::Seen,
    stage::Stage,
};

/// Asks for what does not come; a bare service's error leaves the client without an answer.
fn waits(stage: &Stage, status: Option<u16>) {
    let mut client = stage.http1_client();
    client.send("GET", "/slow", &[], "");
    match status {
        Some(status) => assert_eq!(client.answer().status, status),
        None => assert!(client.rest().is_empty()),
    }
}

pub(super) fn http_timeout_inside_is_its_status(framework: Framework) {
    let stage = stage!(framework, inside timeout());
    waits(&stage, Some(408));
    stage.settles(seen("/slow", 408, 0, Outcome::ClientError));
}

pub(super) fn http_timeout_outside_is_a_cancellation(framework: Framework) {
    let stage = stage!(framework, outside timeout());
    waits(&stage, Some(408));
    stage.settles(left("/slow"));
}

pub(super) fn tower_timeout_inside_is_an_error(framework: Framework) {
    let stage = stage!(framework, inside TimeoutLayer::new(LIMIT));
    let status = framework.cell(Some(504), None);
    waits(&stage, status);
    stage.settles(Seen {
        status,
        ..failed(
            seen("/slow", 0, 0, Outcome::ServerError),
            framework.cell("504", "_OTHER"),
        )
    });
}

pub(super) fn tower_timeout_inside_can_be_marked(framework: Framework) {
    let stage = stage!(framework, inside ServiceBuilder::new()
        .map_err(|error: BoxError| {
            if error.is::<Elapsed>() {
                current::timed_out();
            }
            error
        })
        .layer(TimeoutLayer::new(LIMIT)));
    let status = framework.cell(Some(504), None);
    waits(&stage, status);
    stage.settles(Seen {
        status,
        ..failed(seen("/slow", 0, 0, Outcome::TimedOut), "timeout")
    });
}

pub(super) fn tower_timeout_outside_is_a_cancellation(framework: Framework) {
    let stage = stage!(framework, outside TimeoutLayer::new(LIMIT));
    waits(&stage, framework.cell(Some(504), None));
    stage.settles(left("/slow"));
}
