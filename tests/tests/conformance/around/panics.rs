//! Panics where other middleware stands in their way.

use steeple::Outcome;
use tower::buffer::BufferLayer;
use tower_http::catch_panic::CatchPanicLayer;

use crate::{
    around::framework::{Framework, stage},
    expected::{failed, panicked, seen},
    records::Seen,
    stage::Stage,
};

pub(super) fn catch_panic_inside_is_a_panic_with_its_own_answer(framework: Framework) {
    let stage = stage!(framework, inside CatchPanicLayer::new());
    let answer = stage.get("/panic");
    assert_eq!(
        (answer.status, answer.body.as_str()),
        (500, "Service panicked")
    );
    let full = stage.settles(Seen {
        response_size: 16,
        ..panicked("/panic", "lost")
    });
    assert_eq!(
        answer.header("x-request-id"),
        Some(full.request_id.as_str())
    );
}

pub(super) fn catch_panic_outside_finds_nothing_to_catch(framework: Framework) {
    let stage = stage!(framework, outside CatchPanicLayer::new());
    let answer = stage.get("/panic");
    assert_eq!((answer.status, answer.body.as_str()), (500, ""));
    stage.settles(panicked("/panic", "lost"));
}

fn breaks_off(stage: &Stage) {
    let answer = stage.get("/panic-in-body");
    assert!(!answer.body.ends_with("0\r\n\r\n"), "the client can tell");
    stage.settles(Seen {
        panic: Some("lost in the body".to_owned()),
        ..failed(seen("/panic-in-body", 200, 5, Outcome::Panicked), "panic")
    });
}

pub(super) fn catch_panic_inside_catches_none_in_the_body(framework: Framework) {
    breaks_off(&stage!(framework, inside CatchPanicLayer::new()));
}

pub(super) fn catch_panic_outside_catches_none_in_the_body(framework: Framework) {
    breaks_off(&stage!(framework, outside CatchPanicLayer::new()));
}

fn panics(stage: &Stage, path: &str, message: &str) {
    assert_eq!(stage.get(path).status, 500);
    stage.settles(panicked(path, message));
}

pub(super) fn buffer_inside_leaves_a_panic_to_the_layer(framework: Framework) {
    let stage = stage!(framework, inside BufferLayer::new(8));
    panics(&stage, "/panic", "lost");
}

pub(super) fn buffer_outside_leaves_a_panic_to_the_layer(framework: Framework) {
    let stage = stage!(framework, outside BufferLayer::new(8));
    panics(&stage, "/panic", "lost");
}

/// A panic in the call itself, and not in its future, would end the buffer's worker if the layer did not stand between.
pub(super) fn buffer_outside_survives_a_panic_before_the_future(framework: Framework) {
    let stage = stage!(framework, outside BufferLayer::new(8));
    assert_eq!(stage.get("/panic-in-extractor").status, 500);
    let route = framework.cell("/panic-in-extractor", "_UNMATCHED");
    stage.settles(panicked(route, "lost in the extractor"));
}
