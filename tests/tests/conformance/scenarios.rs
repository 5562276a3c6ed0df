//! The scenarios.

use std::any;

use steeple::Outcome;

use crate::{
    adapter::{Adapter, Setup},
    client::Client,
    expected::{failed, left, panicked, seen, success},
    fixture::Refused,
    records::Seen,
    stage::Stage,
};

pub(crate) use crate::{
    propagation::{
        a_spawned_task_keeps_the_trace_where_it_is_carried, a_trace_is_continued,
        a_trusted_network_has_traces_recorded_where_addresses_are_known,
        what_a_caller_tells_is_read_as_the_official_suite_asks,
        what_a_caller_tells_is_told_on_and_back, what_is_told_on_is_continued_by_the_callee,
    },
    request_bodies::{
        a_chunked_request_body_is_counted, a_malformed_request_body_is_not_the_service_s_fault,
        a_request_body_is_measured_by_its_length,
        a_request_body_that_breaks_off_is_not_the_service_s_fault,
    },
    upgrades::{
        a_connection_is_open_until_it_ends, a_tunnel_lasts_until_it_is_closed,
        a_websocket_lasts_until_it_is_closed, a_websocket_that_the_client_aborts_is_over,
    },
};

pub(crate) fn an_answer_is_a_success(adapter: &impl Adapter) {
    let stage = Stage::new(adapter);
    let answer = stage.get("/ok");
    assert_eq!((answer.status, answer.body.as_str()), (200, "hello"));
    let full = stage.settles(success());
    assert_eq!(
        answer.header("x-request-id"),
        Some(full.request_id.as_str())
    );
    assert!(full.head_duration.is_some_and(|head| head <= full.duration));
}

pub(crate) fn a_status_of_4xx_is_a_client_error(adapter: &impl Adapter) {
    let stage = Stage::new(adapter);
    assert_eq!(stage.get("/status/418").status, 418);
    stage.settles(seen("/status/{code}", 418, 0, Outcome::ClientError));
}

pub(crate) fn a_status_of_5xx_is_a_server_error(adapter: &impl Adapter) {
    let stage = Stage::new(adapter);
    assert_eq!(stage.get("/status/503").status, 503);
    stage.settles(failed(
        seen("/status/{code}", 503, 0, Outcome::ServerError),
        "503",
    ));
}

pub(crate) fn an_attached_error_names_the_type_of_the_failure(adapter: &impl Adapter) {
    let stage = Stage::new(adapter);
    assert_eq!(stage.get("/attached").status, 502);
    stage.settles(Seen {
        error: Some("the bank does not answer".to_owned()),
        ..failed(
            seen("/attached", 502, 0, Outcome::ServerError),
            "std::io::error::Error",
        )
    });
}

/// What [`Refused`] leaves.
fn refused(route: &str, status: u16, outcome: Outcome) -> Seen {
    let seen = Seen {
        error: Some(Refused(status).to_string()),
        ..seen(route, status, 16, outcome)
    };
    if outcome.is_failure() {
        failed(seen, any::type_name::<Refused>())
    } else {
        seen
    }
}

pub(crate) fn an_extractor_that_refuses_is_a_client_error(adapter: &impl Adapter) {
    let stage = Stage::new(adapter);
    assert_eq!(stage.get("/extractor-refuses").status, 422);
    stage.settles(refused("/extractor-refuses", 422, Outcome::ClientError));
}

pub(crate) fn an_error_of_the_handler_is_a_server_error(adapter: &impl Adapter) {
    let stage = Stage::new(adapter);
    let answer = stage.get("/handler-refuses");
    assert_eq!(
        (answer.status, answer.body.as_str()),
        (503, "refused with 503")
    );
    stage.settles(refused("/handler-refuses", 503, Outcome::ServerError));
}

pub(crate) fn a_responder_that_fails_is_a_server_error(adapter: &impl Adapter) {
    let stage = Stage::new(adapter);
    assert_eq!(stage.get("/responder-refuses").status, 500);
    stage.settles(refused("/responder-refuses", 500, Outcome::ServerError));
}

pub(crate) fn a_panic_before_the_head_is_a_500_and_the_service_goes_on(adapter: &impl Adapter) {
    let stage = Stage::new(adapter);
    let answer = stage.get("/panic");
    assert_eq!(answer.status, 500);
    let full = stage.settles(panicked("/panic", "lost"));
    assert_eq!(
        answer.header("x-request-id"),
        Some(full.request_id.as_str())
    );
}

pub(crate) fn a_panic_in_an_extractor_is_a_500(adapter: &impl Adapter) {
    let stage = Stage::new(adapter);
    assert_eq!(stage.get("/panic-in-extractor").status, 500);
    let route = adapter.route_of_extractor("/panic-in-extractor");
    stage.settles(panicked(route, "lost in the extractor"));
}

pub(crate) fn a_panic_in_a_responder_is_a_500(adapter: &impl Adapter) {
    let stage = Stage::new(adapter);
    assert_eq!(stage.get("/responder-panics").status, 500);
    stage.settles(panicked("/responder-panics", "lost in the responder"));
}

pub(crate) fn a_panic_in_the_body_breaks_the_stream_off(adapter: &impl Adapter) {
    let stage = Stage::new(adapter);
    let answer = stage.get("/panic-in-body");
    assert_eq!(answer.status, 200);
    assert!(
        !answer.is_whole,
        "the client can tell that the body is cut: {:?}",
        answer.body
    );
    stage.settles(Seen {
        panic: Some("lost in the body".to_owned()),
        ..failed(seen("/panic-in-body", 200, 5, Outcome::Panicked), "panic")
    });
}

/// A request of `path` that is under way.
fn waiting(stage: &Stage, path: &str) -> Client {
    let mut client = stage.client();
    client.send("GET", path, &[], "");
    stage.wait_until_active(1);
    client
}

pub(crate) fn a_client_gone_before_the_head_is_a_cancellation(adapter: &impl Adapter) {
    let stage = Stage::new(adapter);
    let _connection = waiting(&stage, "/never").leave();
    stage.settles(left("/never"));
}

pub(crate) fn a_connection_that_breaks_before_the_head_is_a_cancellation(adapter: &impl Adapter) {
    let stage = Stage::new(adapter);
    waiting(&stage, "/never").abort();
    stage.settles(left("/never"));
}

/// A request of `path` whose answer has begun to come.
fn reading(stage: &Stage, path: &str) -> Client {
    let mut client = stage.client();
    client.send("GET", path, &[], "");
    client.read_until("xxxx");
    client
}

/// The one record is of an answer of `path` that was dropped within its body.
fn is_broken_off(stage: &Stage, path: &str) {
    let record = stage.records.next();
    let size = record.seen.response_size;
    assert!(size >= 1024, "{record:?}");
    assert_eq!(record.seen, seen(path, 200, size, Outcome::CancelledInBody));
    stage.nothing_else_but(&[&record]);
}

pub(crate) fn a_client_gone_in_the_body_is_a_cancellation(adapter: &impl Adapter) {
    let stage = Stage::new(adapter);
    let _connection = reading(&stage, "/endless").leave();
    is_broken_off(&stage, "/endless");
}

pub(crate) fn a_connection_that_breaks_in_the_body_is_a_cancellation(adapter: &impl Adapter) {
    let stage = Stage::new(adapter);
    reading(&stage, "/endless").abort();
    is_broken_off(&stage, "/endless");
}

pub(crate) fn a_client_gone_in_a_silent_body_is_a_cancellation(adapter: &impl Adapter) {
    let stage = Stage::new(adapter);
    let _connection = reading(&stage, "/silent").leave();
    is_broken_off(&stage, "/silent");
}

pub(crate) fn a_connection_that_breaks_in_a_silent_body_is_a_cancellation(adapter: &impl Adapter) {
    let stage = Stage::new(adapter);
    reading(&stage, "/silent").abort();
    is_broken_off(&stage, "/silent");
}

pub(crate) fn a_timeout_inside_is_its_status(adapter: &impl Adapter) {
    let stage = Stage::new(adapter);
    assert_eq!(stage.get("/timeout-inside").status, 408);
    stage.settles(seen("/timeout-inside", 408, 0, Outcome::ClientError));
}

pub(crate) fn a_timeout_outside_is_a_cancellation(adapter: &impl Adapter) {
    let stage = Stage::with(adapter, Setup::TimeoutOutside);
    assert_eq!(stage.get("/slow").status, 408);
    stage.settles(left("/slow"));
}

pub(crate) fn a_streamed_body_is_timed_and_counted_to_its_end(adapter: &impl Adapter) {
    let stage = Stage::new(adapter);
    let answer = stage.get("/chunks");
    assert_eq!(answer.body.matches("part ").count(), 3);
    let full = stage.settles(seen("/chunks", 200, 15, Outcome::Success));
    assert!(full.head_duration.is_some_and(|head| head < full.duration));
}

pub(crate) fn an_exact_body_that_is_never_polled_to_its_end_is_a_success(adapter: &impl Adapter) {
    let stage = Stage::new(adapter);
    assert_eq!(stage.get("/exact").body, "half part");
    stage.settles(seen("/exact", 200, 9, Outcome::Success));
}

pub(crate) fn a_body_with_a_length_header_alone_is_a_success(adapter: &impl Adapter) {
    let stage = Stage::new(adapter);
    assert_eq!(stage.get("/length-header").body, "part part part ");
    stage.settles(seen("/length-header", 200, 15, Outcome::Success));
}

pub(crate) fn a_body_that_fails_is_a_body_error(adapter: &impl Adapter) {
    let stage = Stage::new(adapter);
    assert!(!stage.get("/broken-body").is_whole);
    stage.settles(failed(
        seen("/broken-body", 200, 5, Outcome::BodyError),
        "body_error",
    ));
}

pub(crate) fn server_sent_events_are_judged_by_the_head(adapter: &impl Adapter) {
    let stage = Stage::new(adapter);
    assert!(stage.get("/events").body.contains("data: 2"));
    stage.settles(Seen {
        streaming: true,
        ..seen("/events", 200, 18, Outcome::Success)
    });
}

pub(crate) fn a_response_to_head_has_no_body_due(adapter: &impl Adapter) {
    let stage = Stage::new(adapter);
    let answer = stage.send("HEAD", "/ok", &[], "");
    assert_eq!((answer.status, answer.body.as_str()), (200, ""));
    stage.settles(Seen {
        method: "HEAD".to_owned(),
        response_size: 0,
        ..success()
    });
}

pub(crate) fn a_route_for_get_answers_head(adapter: &impl Adapter) {
    let stage = Stage::new(adapter);
    assert_eq!(stage.send("HEAD", "/api/users/42", &[], "").status, 200);
    stage.settles(Seen {
        method: "HEAD".to_owned(),
        ..seen("/api/users/{id}", 200, 0, Outcome::Success)
    });
}

pub(crate) fn a_204_has_no_body_due(adapter: &impl Adapter) {
    let stage = Stage::new(adapter);
    assert_eq!(stage.get("/status/204").status, 204);
    stage.settles(seen("/status/{code}", 204, 0, Outcome::Success));
}

pub(crate) fn a_304_has_no_body_due(adapter: &impl Adapter) {
    let stage = Stage::new(adapter);
    assert_eq!(stage.get("/status/304").status, 304);
    stage.settles(seen("/status/{code}", 304, 0, Outcome::Success));
}

pub(crate) fn an_unknown_method_is_other(adapter: &impl Adapter) {
    let stage = Stage::new(adapter);
    assert_eq!(stage.send("BREW", "/ok", &[], "").status, 405);
    stage.settles(Seen {
        method: "_OTHER".to_owned(),
        ..seen("/ok", 405, 0, Outcome::ClientError)
    });
}

pub(crate) fn an_unmatched_path_is_one_constant(adapter: &impl Adapter) {
    let stage = Stage::new(adapter);
    assert_eq!(stage.get("/no/such/page").status, 404);
    stage.settles(seen("_UNMATCHED", 404, 0, Outcome::ClientError));
}

pub(crate) fn a_nested_route_is_its_whole_template(adapter: &impl Adapter) {
    let stage = Stage::new(adapter);
    assert_eq!(stage.get("/api/users/42").status, 200);
    stage.settles(seen("/api/users/{id}", 200, 5, Outcome::Success));
}

pub(crate) fn a_route_nested_twice_is_its_whole_template(adapter: &impl Adapter) {
    let stage = Stage::new(adapter);
    assert_eq!(stage.get("/api/v1/items/42").status, 200);
    stage.settles(seen("/api/{version}/items/{id}", 200, 5, Outcome::Success));
}

pub(crate) fn a_guard_chooses_the_route(adapter: &impl Adapter) {
    let stage = Stage::new(adapter);
    let paid = [("x-plan", "paid")];
    assert_eq!(stage.send("GET", "/plans/7", &paid, "").status, 200);
    stage.settles(seen("/plans/{paid}", 200, 5, Outcome::Success));
    let stage = Stage::new(adapter);
    assert_eq!(stage.get("/plans/7").status, 200);
    stage.settles(seen("/plans/{any}", 200, 5, Outcome::Success));
}

pub(crate) fn an_ignored_route_leaves_no_trace(adapter: &impl Adapter) {
    let stage = Stage::new(adapter);
    assert_eq!(stage.get("/healthz").status, 200);
    stage.nothing_else_but(&[]);
}

pub(crate) fn a_layer_applied_twice_counts_once(adapter: &impl Adapter) {
    let stage = Stage::with(adapter, Setup::Twice);
    assert_eq!(stage.get("/ok").status, 200);
    stage.settles(success());
    assert_eq!(
        stage.total("steeple_layer_applied_twice_total"),
        2,
        "one for each request of this test"
    );
}

pub(crate) fn an_acceptable_request_id_is_honoured(adapter: &impl Adapter) {
    let stage = Stage::new(adapter);
    let answer = stage.send("GET", "/ok", &[("x-request-id", "order-7.a_B")], "");
    assert_eq!(answer.header("x-request-id"), Some("order-7.a_B"));
    assert_eq!(stage.settles(success()).request_id, "order-7.a_B");
}

pub(crate) fn a_bad_request_id_is_replaced(adapter: &impl Adapter) {
    let stage = Stage::new(adapter);
    let answer = stage.send("GET", "/ok", &[("x-request-id", "<script>")], "");
    let full = stage.settles(success());
    assert_eq!(
        answer.header("x-request-id"),
        Some(full.request_id.as_str())
    );
    assert!(
        full.request_id.len() == 32 && full.request_id.bytes().all(|byte| byte.is_ascii_hexdigit())
    );
}

pub(crate) fn an_id_that_the_handler_answers_with_is_the_records(adapter: &impl Adapter) {
    let stage = Stage::new(adapter);
    let answer = stage.get("/identified");
    assert_eq!(answer.header("x-request-id"), Some("by-the-handler"));
    let full = stage.settles(seen("/identified", 200, 0, Outcome::Success));
    assert_eq!(full.request_id, "by-the-handler");
}

pub(crate) fn a_marked_timeout_is_timed_out(adapter: &impl Adapter) {
    let stage = Stage::new(adapter);
    assert_eq!(stage.get("/timed-out").status, 503);
    stage.settles(failed(
        seen("/timed-out", 503, 0, Outcome::TimedOut),
        "timeout",
    ));
}

pub(crate) fn a_label_of_the_handler_is_on_the_metrics(adapter: &impl Adapter) {
    let stage = Stage::new(adapter);
    assert_eq!(stage.get("/tenant").status, 200);
    stage.settles(seen("/tenant", 200, 4, Outcome::Success));
    let text = stage.steeple.registry().render();
    let line = text
        .lines()
        .find(|line| line.starts_with("http_server_requests_total") && line.contains("/tenant"));
    assert!(
        line.is_some_and(|line| line.contains(r#"tenant="acme""#)),
        "{line:?}"
    );
}

pub(crate) fn code_below_the_layer_records_into_a_private_registry(adapter: &impl Adapter) {
    let stage = Stage::new(adapter);
    assert_eq!(stage.get("/record").status, 200);
    stage.settles(seen("/record", 200, 8, Outcome::Success));
    assert_eq!(stage.total("handler_runs_total"), 1);
}
