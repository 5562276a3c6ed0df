//! Middleware that reads and writes heads.

use http::HeaderValue;
use steeple::Outcome;
use tower::ServiceBuilder;
use tower_http::{
    cors::CorsLayer,
    request_id::{MakeRequestId, PropagateRequestIdLayer, RequestId, SetRequestIdLayer},
    trace::TraceLayer,
};

use crate::{
    around::{
        framework::{Framework, stage},
        lines::Lines,
    },
    expected::{failed, seen, success},
    records::Seen,
    stage::Stage,
};

const ORIGIN: (&str, &str) = ("origin", "https://shop.example");

fn preflight(stage: &Stage) {
    let answer = stage.send(
        "OPTIONS",
        "/ok",
        &[ORIGIN, ("access-control-request-method", "GET")],
        "",
    );
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("access-control-allow-methods"), Some("*"));
}

pub(super) fn cors_inside_shows_preflights(framework: Framework) {
    let stage = stage!(framework, inside CorsLayer::permissive());
    preflight(&stage);
    stage.settles(Seen {
        method: "OPTIONS".to_owned(),
        // The middleware answers before a bare service can name its route.
        ..seen(
            framework.cell("/ok", "_UNMATCHED"),
            200,
            0,
            Outcome::Success,
        )
    });
}

pub(super) fn cors_outside_answers_preflights_unseen(framework: Framework) {
    let stage = stage!(framework, outside CorsLayer::permissive());
    preflight(&stage);
    stage.nothing_else_but(&[]);
}

fn asks_from_elsewhere(stage: &Stage) {
    let answer = stage.send("GET", "/ok", &[ORIGIN], "");
    assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
    stage.settles(success());
}

pub(super) fn cors_inside_leaves_other_requests_alone(framework: Framework) {
    asks_from_elsewhere(&stage!(framework, inside CorsLayer::permissive()));
}

pub(super) fn cors_outside_leaves_other_requests_alone(framework: Framework) {
    asks_from_elsewhere(&stage!(framework, outside CorsLayer::permissive()));
}

/// What is usually set up: an id for each request, and on its response.
macro_rules! request_ids {
    () => {
        ServiceBuilder::new()
            .layer(SetRequestIdLayer::x_request_id(Own))
            .layer(PropagateRequestIdLayer::x_request_id())
    };
}

#[derive(Clone)]
struct Own;

const OWN: &str = "made-by-tower-http";

impl MakeRequestId for Own {
    fn make_request_id<B>(&mut self, _: &http::Request<B>) -> Option<RequestId> {
        Some(HeaderValue::from_static(OWN).into())
    }
}

/// Record and response have one and the same id; `sent` is what the client has sent.
fn identified(stage: &Stage, sent: Option<&str>) -> String {
    let header = sent.map(|id| ("x-request-id", id));
    let answer = stage.send("GET", "/ok", header.as_slice(), "");
    let id = stage.settles(success()).request_id;
    let answered: Vec<_> = answer
        .head
        .lines()
        .filter_map(|line| line.strip_prefix("x-request-id: "))
        .collect();
    assert_eq!(answered, [id.as_str()]);
    id
}

pub(super) fn request_ids_made_inside_are_taken_over(framework: Framework) {
    assert_eq!(
        identified(&stage!(framework, inside request_ids!()), None),
        OWN
    );
}

pub(super) fn request_ids_made_outside_are_taken_over(framework: Framework) {
    assert_eq!(
        identified(&stage!(framework, outside request_ids!()), None),
        OWN
    );
}

pub(super) fn request_ids_that_came_are_kept_inside(framework: Framework) {
    let stage = stage!(framework, inside request_ids!());
    assert_eq!(identified(&stage, Some("from-the-proxy")), "from-the-proxy");
}

pub(super) fn request_ids_that_came_are_kept_outside(framework: Framework) {
    let stage = stage!(framework, outside request_ids!());
    assert_eq!(identified(&stage, Some("from-the-proxy")), "from-the-proxy");
}

fn is_random(id: &str) -> bool {
    id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit())
}

pub(super) fn request_ids_that_are_bad_are_replaced_inside(framework: Framework) {
    let stage = stage!(framework, inside request_ids!());
    assert!(is_random(&identified(&stage, Some("<script>"))));
}

pub(super) fn request_ids_that_are_bad_are_replaced_outside(framework: Framework) {
    let stage = stage!(framework, outside request_ids!());
    assert!(is_random(&identified(&stage, Some("<script>"))));
}

/// A body is streamed, and one request is refused.
pub(super) fn is_the_same(stage: &Stage, lines: &Lines) {
    assert_eq!(stage.get(&lines.path("/chunks")).status, 200);
    assert_eq!(stage.get(&lines.path("/status/503")).status, 503);
    let streamed = stage.records.next();
    assert_eq!(streamed.seen, seen("/chunks", 200, 15, Outcome::Success));
    let refused = stage.records.next();
    assert_eq!(
        refused.seen,
        failed(seen("/status/{code}", 503, 0, Outcome::ServerError), "503")
    );
    stage.nothing_else_but(&[&streamed, &refused]);
}

/// Nothing else is recorded, and what is logged is there.
fn traces(stage: &Stage) {
    let lines = Lines::collect();
    is_the_same(stage, &lines);
    lines.has(&["uri=/chunks", "started processing request"]);
    lines.has(&["uri=/chunks", "finished processing request", "status=200"]);
    lines.has(&["uri=/status/503", "response failed", "503"]);
}

pub(super) fn trace_inside_changes_nothing(framework: Framework) {
    traces(&stage!(framework, inside TraceLayer::new_for_http()));
}

pub(super) fn trace_outside_changes_nothing(framework: Framework) {
    traces(&stage!(framework, outside TraceLayer::new_for_http()));
}
