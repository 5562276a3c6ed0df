//! Pushes to a Pushgateway.

use std::time::{Duration, Instant};

use futures_executor::block_on;
use steeple_metrics::Registry;
use steeple_push::{PushGateway, PushGatewayBuilder};
use steeple_stub::{Request, Stub};

const DEADLINE: Duration = Duration::from_secs(30);

/// The requests of one instance that counted to 3.
fn pushed(configure: impl FnOnce(PushGatewayBuilder) -> PushGatewayBuilder) -> Vec<Request> {
    let stub = Stub::answering([]);
    let registry = Registry::new();
    registry.counter("mails_total", &[]).unwrap().increment(3);
    let builder = PushGateway::builder(&stub.url("/")).job("nightly");
    let gateway = configure(builder).start(registry).unwrap();
    let report = gateway.shutdown_blocking(DEADLINE);
    assert_eq!((report.pushed, report.lost, report.pending), (1, 0, 0));
    stub.requests()
}

#[test]
fn the_end_replaces_the_group_with_what_is_in_the_registry() {
    let requests = pushed(|push| push.label("path", "/var").label("shard", "a b"));
    assert_eq!(requests.len(), 1);
    assert_eq!(
        requests[0].line,
        "PUT /metrics/job/nightly/path@base64/L3Zhcg/shard/a%20b HTTP/1.1"
    );
    let text = str::from_utf8(&requests[0].body).unwrap();
    assert!(text.contains("\nmails_total 3\n"), "{text}");
    let head = &requests[0].headers;
    assert_eq!(
        head["content-type"],
        "text/plain; version=0.0.4; charset=utf-8"
    );
    assert!(head["user-agent"].starts_with("steeple-push/"));
    assert!(!head.contains_key("authorization"));
}

#[test]
fn what_it_is_told_decides_the_method() {
    let merged = pushed(PushGatewayBuilder::merge);
    assert_eq!(merged[0].line, "POST /metrics/job/nightly HTTP/1.1");
    let deleted = pushed(PushGatewayBuilder::delete_at_end);
    assert_eq!(deleted[0].line, "DELETE /metrics/job/nightly HTTP/1.1");
    assert!(deleted[0].body.is_empty());
}

#[test]
fn credentials_of_the_url_win() {
    let basic = pushed(|push| push.basic_auth("ada", "x"));
    assert_eq!(basic[0].headers["authorization"], "Basic YWRhOng=");
    let bearer = pushed(|push| push.bearer_token("t0ken"));
    assert_eq!(bearer[0].headers["authorization"], "Bearer t0ken");

    let stub = Stub::answering([]);
    let url = stub.url("").replace("http://", "http://ada:x@");
    let gateway = PushGateway::builder(&url)
        .job("nightly")
        .bearer_token("t0ken")
        .start(Registry::new())
        .unwrap();
    let report = gateway.shutdown_blocking(DEADLINE);
    assert!(report.is_complete());
    assert_eq!(
        stub.requests()[0].headers["authorization"],
        "Basic YWRhOng="
    );
}

#[test]
fn a_flush_and_the_end_push_the_values_of_their_time() {
    let stub = Stub::answering([]);
    let registry = Registry::new();
    let mails = registry.counter("mails_total", &[]).unwrap();
    let gateway = PushGateway::builder(&stub.url(""))
        .job("nightly")
        .start(registry)
        .unwrap();
    assert_eq!(stub.requests().len(), 0, "no interval was set");
    mails.increment(1);
    assert_eq!(block_on(gateway.flush(DEADLINE)).pushed, 1);
    mails.increment(1);
    assert_eq!(gateway.flush_blocking(DEADLINE).pushed, 1);
    mails.increment(1);
    assert_eq!(block_on(gateway.shutdown(DEADLINE)).pushed, 1);
    let bodies: Vec<_> = stub.requests().into_iter().map(|push| push.body).collect();
    assert_eq!(bodies.len(), 3);
    for (number, body) in bodies.into_iter().enumerate() {
        let text = String::from_utf8(body).unwrap();
        let line = format!("\nmails_total {}\n", number + 1);
        assert!(text.contains(&line), "no {line} in {text}");
    }
}

#[test]
fn dropping_it_pushes_a_last_time() {
    let stub = Stub::answering([]);
    let gateway = PushGateway::builder(&stub.url(""))
        .job("nightly")
        .interval(Duration::from_secs(3_600))
        .drop_deadline(DEADLINE)
        .start(Registry::new())
        .unwrap();
    drop(gateway);
    assert_eq!(stub.requests().len(), 1);
}

#[test]
fn an_interval_pushes_again_and_again() {
    let stub = Stub::answering([]);
    let started = Instant::now();
    let gateway = PushGateway::builder(&stub.url(""))
        .job("nightly")
        .interval(Duration::from_millis(20))
        .start(Registry::new())
        .unwrap();
    let requests = stub.wait_for(4);
    let elapsed = requests[3].came - started;
    assert!(elapsed >= Duration::from_millis(60), "{elapsed:?}");
    let report = gateway.shutdown_blocking(DEADLINE);
    assert!(report.is_complete(), "{report:?}");
}
