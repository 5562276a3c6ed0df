//! What is told of requests that are over.

use std::iter;

use serde_json::json;
use steeple_core::current;
use steeple_sentry::DropReason;

use crate::{
    stage::{DEADLINE, Stage},
    stub::{Answer, Stub},
};

#[test]
fn a_request_is_told_as_a_transaction() {
    let stub = Stub::answering([]);
    let stage = Stage::with(&stub, |sentry| {
        sentry
            .traces_sample_rate(1.0)
            .release("shop@1.2.3")
            .environment("staging")
    });
    let mut told = None;
    stage.request(404, || {
        told = current::trace().zip(current::request_id());
    });
    let report = stage.sentry.shutdown_blocking(DEADLINE);
    assert!(report.is_complete(), "{report:?}");
    let transactions = stub.items("transaction");
    let [transaction] = &*transactions else {
        panic!("{transactions:#?}");
    };
    let (trace, id) = told.unwrap();
    assert_eq!(
        transaction["contexts"]["trace"],
        json!({
            "type": "trace",
            "trace_id": trace.trace_id().to_string(),
            "span_id": trace.span_id().to_string(),
            "op": "http.server",
            "origin": "auto.http.steeple",
            "status": "not_found",
            "data": { "http.request.method": "GET", "http.response.status_code": 404 },
        })
    );
    assert_eq!(transaction["transaction"], "GET /orders/{id}");
    assert_eq!(transaction["transaction_info"], json!({"source": "route"}));
    assert_eq!(transaction["release"], "shop@1.2.3");
    assert_eq!(transaction["environment"], "staging");
    assert_eq!(transaction["tags"]["request_id"], id.as_str());
    assert_eq!(transaction["tags"]["outcome"], "client_error");
    assert_eq!(transaction["contexts"]["response"]["status_code"], 404);
    assert!(transaction["timestamp"].is_string() && transaction["start_timestamp"].is_number());
    let event_id = stub.envelopes()[0].header["event_id"].clone();
    let event_id = event_id.as_str().unwrap().replace('-', "");
    assert_eq!(transaction["event_id"], event_id);
}

#[test]
fn nothing_is_told_that_was_not_asked_for() {
    let stub = Stub::answering([]);
    let stage = Stage::new(&stub);
    stage.request(200, || ());
    let accounting = stage.sentry.accounting();
    let _ = stage.sentry.shutdown_blocking(DEADLINE);
    assert_eq!(accounting.created, 0);
    assert!(stub.envelopes().is_empty());
}

#[test]
fn of_a_share_of_requests_the_others_are_counted() {
    let stub = Stub::answering([]);
    let stage = Stage::with(&stub, |sentry| sentry.traces_sample_rate(0.1));
    for _ in 0..400 {
        stage.request(200, || ());
    }
    let _ = stage.sentry.flush_blocking(DEADLINE);
    let accounting = stage.sentry.accounting();
    let report = stage.sentry.shutdown_blocking(DEADLINE);
    assert!(report.is_complete(), "{report:?}");
    let sent = stub.items("transaction").len() as u64;
    // Within five standard deviations.
    assert!((10..=70).contains(&sent), "{sent}");
    assert_eq!(accounting.created, 400);
    assert_eq!(accounting.exported, sent);
    assert_eq!(accounting.dropped(DropReason::Sampled), 400 - sent);
}

#[test]
fn where_nobody_answers_few_requests_wait() {
    let stub = Stub::answering(iter::repeat_n(Answer::Stall, 1_000));
    let stage = Stage::with(&stub, |sentry| sentry.traces_sample_rate(1.0));
    for _ in 0..500 {
        stage.request(200, || ());
    }
    // There is room for what matters more.
    stage.fail(1);
    let accounting = stage.sentry.accounting();
    assert_eq!(accounting.queued, 101, "{accounting:?}");
    let dropped = accounting.dropped(DropReason::QueueFull);
    // 500 requests, one that fails, and the event of that.
    assert_eq!((accounting.created, dropped), (502, 401));
}

#[test]
fn what_sentry_has_enough_of_is_not_sent() {
    let head = "x-sentry-rate-limits: 60:transaction:key\r\n";
    let stub = Stub::answering([Answer::Status(200, head)]);
    let stage = Stage::with(&stub, |sentry| sentry.traces_sample_rate(1.0));
    stage.request(200, || ());
    let _ = stage.sentry.flush_blocking(DEADLINE);
    stage.request(200, || ());
    stage.request(200, || ());
    let _ = stage.sentry.flush_blocking(DEADLINE);
    let accounting = stage.sentry.accounting();
    let _ = stage.sentry.shutdown_blocking(DEADLINE);
    assert_eq!(stub.items("transaction").len(), 1);
    assert_eq!(accounting.dropped(DropReason::RateLimited), 2);
    let losses = stub.losses();
    let lost = |category: &str| losses[&("ratelimit_backoff".to_owned(), category.to_owned())];
    assert_eq!((lost("transaction"), lost("span")), (2, 2));
}

#[test]
fn sessions_tell_how_requests_ended() {
    let stub = Stub::answering([]);
    let stage = Stage::with(&stub, |sentry| {
        sentry
            .sessions(true)
            .release("shop@1.2.3")
            .environment("staging")
    });
    for status in [200, 200, 404, 503] {
        stage.request(status, || ());
    }
    stage.request(500, || panic!("lost"));
    let _ = stage.sentry.flush_blocking(DEADLINE);
    stage.request(200, || ());
    let report = stage.sentry.shutdown_blocking(DEADLINE);
    assert!(report.is_complete(), "{report:?}");
    let sessions = stub.items("sessions");
    let [first, last] = &*sessions else {
        panic!("{sessions:#?}");
    };
    assert_eq!(
        first["attrs"],
        json!({"release": "shop@1.2.3", "environment": "staging"})
    );
    let counted = &first["aggregates"][0];
    assert_eq!(counted["exited"], 3);
    assert_eq!(counted["errored"], 1);
    assert_eq!(counted["crashed"], 1);
    assert!(counted["started"].as_str().unwrap().contains(":00Z"));
    assert_eq!(last["aggregates"][0]["exited"], 1);
}

#[test]
fn lost_sessions_are_told() {
    let stub = Stub::answering([Answer::Status(400, "")]);
    let stage = Stage::with(&stub, |sentry| sentry.sessions(true).release("shop@1.2.3"));
    for _ in 0..3 {
        stage.request(200, || ());
    }
    let _ = stage.sentry.flush_blocking(DEADLINE);
    let _ = stage.sentry.shutdown_blocking(DEADLINE);
    let lost = ("send_error".to_owned(), "session".to_owned());
    assert_eq!(stub.losses(), [(lost, 3)].into());
}
