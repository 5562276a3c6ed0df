//! Middleware that makes requests wait, or sends them away.

use std::{thread, time::Duration};

use steeple::Outcome;
use tower::{
    ServiceBuilder, buffer::BufferLayer, limit::GlobalConcurrencyLimitLayer,
    load_shed::LoadShedLayer,
};

use crate::{
    around::framework::{Framework, stage},
    client::Client,
    expected::{failed, left, seen, success},
    records::Seen,
    stage::Stage,
};

/// How long a request is made to wait.
const WAIT: Duration = Duration::from_secs(3);

pub(super) fn buffer_inside_changes_nothing(framework: Framework) {
    let stage = stage!(framework, inside BufferLayer::new(8));
    assert_eq!(stage.get("/ok").status, 200);
    stage.settles(success());
}

pub(super) fn buffer_outside_changes_nothing(framework: Framework) {
    let stage = stage!(framework, outside BufferLayer::new(8));
    assert_eq!(stage.get("/ok").status, 200);
    stage.settles(success());
}

/// A request that is under way for as long as its client stays.
fn occupy(stage: &Stage) -> Client {
    let mut client = stage.client();
    client.send("GET", "/never", &[], "");
    stage.wait_until_active(1);
    client
}

pub(super) fn buffer_inside_leaves_a_cancellation_one(framework: Framework) {
    let stage = stage!(framework, inside BufferLayer::new(8));
    occupy(&stage).leave();
    stage.settles(left("/never"));
}

pub(super) fn buffer_outside_leaves_a_cancellation_one(framework: Framework) {
    let stage = stage!(framework, outside BufferLayer::new(8));
    occupy(&stage).leave();
    stage.settles(left("/never"));
}

/// Lets a request wait for another one to leave, and gives the time that is recorded of it.
fn waited(stage: &Stage, wait: impl FnOnce(&Stage)) -> Duration {
    let occupant = occupy(stage);
    let mut client = stage.client();
    client.send("GET", "/ok", &[], "");
    wait(stage);
    thread::sleep(WAIT);
    occupant.leave();
    assert_eq!(client.answer().status, 200);
    let gone = stage.records.next();
    assert_eq!(gone.seen, left("/never"));
    let record = stage.records.next();
    assert_eq!(record.seen, success());
    stage.nothing_else_but(&[&gone, &record]);
    record.duration
}

pub(super) fn concurrency_limit_inside_is_waited_for(framework: Framework) {
    let stage = stage!(framework, inside GlobalConcurrencyLimitLayer::new(1));
    match framework {
        Framework::Axum => {
            let duration = waited(&stage, |stage| stage.wait_until_active(2));
            assert!(duration >= WAIT, "{duration:?}");
        }
        // hyper waits until the service is ready before it calls, so before the layer hears of the request.
        Framework::Tower => assert!(waited(&stage, |_| ()) < WAIT),
    }
}

pub(super) fn concurrency_limit_outside_is_waited_for_unseen(framework: Framework) {
    let stage = stage!(framework, outside GlobalConcurrencyLimitLayer::new(1));
    let duration = waited(&stage, |_| ());
    assert!(duration < WAIT, "{duration:?}");
}

/// What sheds the second request at a time.
macro_rules! shedding {
    () => {
        ServiceBuilder::new()
            .layer(LoadShedLayer::new())
            .layer(GlobalConcurrencyLimitLayer::new(1))
    };
}

/// Sends a request while another one has the only place.
fn shed(framework: Framework, stage: &Stage) {
    let mut client = stage.http1_client();
    client.send("GET", "/ok", &[], "");
    match framework {
        Framework::Axum => assert_eq!(client.answer().status, 503),
        Framework::Tower => assert!(client.rest().is_empty()),
    }
}

pub(super) fn load_shed_inside_is_an_error(framework: Framework) {
    let stage = stage!(framework, inside shedding!());
    let occupant = occupy(&stage);
    shed(framework, &stage);
    let expected = framework.cell(
        failed(seen("/ok", 503, 0, Outcome::ServerError), "503"),
        Seen {
            status: None,
            ..failed(seen("_UNMATCHED", 0, 0, Outcome::ServerError), "_OTHER")
        },
    );
    let refused = stage.records.next();
    assert_eq!(refused.seen, expected);
    occupant.leave();
    let gone = stage.records.next();
    assert_eq!(gone.seen, left("/never"));
    stage.nothing_else_but(&[&refused, &gone]);
}

pub(super) fn load_shed_outside_is_unseen(framework: Framework) {
    let stage = stage!(framework, outside shedding!());
    let occupant = occupy(&stage);
    shed(framework, &stage);
    occupant.leave();
    stage.settles(left("/never"));
}
