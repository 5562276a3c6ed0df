//! Backends that misbehave: everything arrives or is counted, exactly.

use std::time::{Duration, Instant};

use steeple_metrics::{Registry, Value};
use steeple_push::{Accounting, DropReason, PushGateway, RemoteWrite, RetryPolicy};
use steeple_stub::{
    Answer::{self, Reset, Stall, Status, Unfinished},
    Stub,
};

const DEADLINE: Duration = Duration::from_secs(30);

fn quick() -> RetryPolicy {
    RetryPolicy::default().initial_backoff(Duration::from_millis(10))
}

/// The same, where what stalls is given up soon.
fn quick_with(answer: &Answer) -> RetryPolicy {
    match answer {
        Stall => quick().attempt_timeout(Duration::from_millis(300)),
        _ => quick(),
    }
}

/// Whether there are two attempts that fail and one that does not. It takes longer than one that stalls if the machine is busy.
fn is_third_time_lucky(attempts: usize, answer: &Answer) -> bool {
    attempts == 3 || attempts > 3 && matches!(answer, Stall)
}

fn gateway(stub: &Stub, retry: RetryPolicy) -> PushGateway {
    PushGateway::builder(&stub.url(""))
        .job("nightly")
        .retry(retry)
        .start(Registry::new())
        .unwrap()
}

fn remote(stub: &Stub, retry: RetryPolicy, registry: Registry) -> RemoteWrite {
    RemoteWrite::builder(&stub.url("/"))
        .without_interval()
        .retry(retry)
        .start(registry)
        .unwrap()
}

fn is_balanced(figures: &Accounting) {
    let settled = figures.exported + figures.dropped_total();
    assert_eq!(figures.created, settled + figures.queued, "{figures:?}");
}

#[test]
fn what_can_be_tried_again_arrives() {
    for answer in [
        Status(429, ""),
        Status(500, ""),
        Status(503, ""),
        Stall,
        Reset,
    ] {
        let stub = Stub::answering([answer.clone(), answer.clone()]);
        let gateway = gateway(&stub, quick_with(&answer));
        let report = gateway.flush_blocking(DEADLINE);
        assert_eq!((report.pushed, report.lost), (1, 0), "{answer:?}");
        let attempts = stub.requests().len();
        assert!(
            is_third_time_lucky(attempts, &answer),
            "{answer:?}: {attempts}"
        );
        is_balanced(&gateway.accounting());

        let stub = Stub::answering([answer.clone(), answer.clone()]);
        let remote = remote(&stub, quick_with(&answer), Registry::new());
        let report = remote.flush_blocking(DEADLINE);
        assert_eq!((report.lost, report.pending), (0, 0), "{answer:?}");
        assert_eq!(report.pushed, remote.accounting().created);
        let requests = stub.requests();
        assert!(
            is_third_time_lucky(requests.len(), &answer),
            "{answer:?}: {}",
            requests.len()
        );
        assert!(
            requests
                .iter()
                .all(|request| request.body == requests[0].body)
        );
        is_balanced(&remote.accounting());
    }
}

#[test]
fn what_is_refused_for_good_is_dropped_and_counted() {
    for status in [302, 400, 401, 404, 413] {
        let location = "location: http://127.0.0.1:1/\r\n";
        let stub = Stub::answering([Status(status, location)]);
        let remote = remote(&stub, quick(), Registry::new());
        let report = remote.flush_blocking(DEADLINE);
        let figures = remote.accounting();
        assert_eq!(
            (report.pushed, report.lost),
            (0, figures.created),
            "{status}"
        );
        assert!(figures.created > 0);
        assert_eq!(figures.dropped(DropReason::ExporterFailed), figures.created);
        assert_eq!(stub.requests().len(), 1, "{status}");
        // The next ones arrive.
        assert!(remote.flush_blocking(DEADLINE).is_complete());
        is_balanced(&remote.accounting());
    }
}

#[test]
fn a_wish_for_a_pause_is_kept() {
    let stub = Stub::answering([Status(429, "retry-after: 1\r\n")]);
    let remote = remote(&stub, quick(), Registry::new());
    assert!(remote.flush_blocking(DEADLINE).is_complete());
    let requests = stub.requests();
    assert_eq!(requests.len(), 2);
    let pause = requests[1].came - requests[0].came;
    assert!(pause >= Duration::from_secs(1), "{pause:?}");
}

#[test]
fn the_deadline_of_the_end_is_kept_and_the_rest_counted() {
    let deadline = Duration::from_millis(200);
    for answers in [vec![Stall; 100], vec![Status(503, ""); 100_000]] {
        let stub = Stub::answering(answers.clone());
        let started = Instant::now();
        let report = gateway(&stub, quick()).shutdown_blocking(deadline);
        assert_eq!((report.pushed, report.lost, report.pending), (0, 1, 0));

        let stub = Stub::answering(answers);
        let registry = Registry::new();
        let report = remote(&stub, quick(), registry.clone()).shutdown_blocking(deadline);
        assert_eq!((report.pushed, report.pending), (0, 0));
        assert_eq!(metric(&registry, "created", ""), report.lost);
        assert_eq!(metric(&registry, "dropped", "shutdown"), report.lost);
        assert!(report.lost > 0);
        assert!(started.elapsed() < Duration::from_secs(10));
    }
}

#[test]
fn nobody_there_is_no_error_and_is_counted() {
    let unused = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", unused.local_addr().unwrap());
    drop(unused);
    let gateway = PushGateway::builder(&url)
        .job("nightly")
        .retry(quick().max_elapsed(Duration::from_millis(50)))
        .start(Registry::new())
        .unwrap();
    let report = gateway.flush_blocking(DEADLINE);
    assert_eq!((report.pushed, report.lost), (0, 1));
    let figures = gateway.accounting();
    assert_eq!(figures.dropped(DropReason::RetriesExhausted), 1);
}

#[test]
fn what_waits_is_bounded_and_what_finds_no_room_is_lost_and_counted() {
    let stub = Stub::answering([Stall]);
    let registry = Registry::new();
    for number in 0..1_000 {
        let labels = [("n", &*number.to_string())];
        registry
            .counter("many_total", &labels)
            .unwrap()
            .increment(1);
    }
    let remote = RemoteWrite::builder(&stub.url("/"))
        .without_interval()
        .max_queue_bytes(10_000)
        .retry(quick().attempt_timeout(Duration::from_secs(20)))
        .start(registry)
        .unwrap();
    let report = remote.flush_blocking(Duration::from_millis(100));
    let figures = remote.accounting();
    assert!(figures.created >= 1_000);
    assert!((1..=10_000).contains(&figures.queued_bytes), "{figures:?}");
    assert_eq!(figures.dropped(DropReason::QueueFull), report.lost);
    assert_eq!(report.pending, figures.created - report.lost);
    is_balanced(&figures);
}

#[test]
fn a_reason_that_does_not_end_is_not_waited_for() {
    let stub = Stub::answering([Unfinished(400)]);
    let registry = Registry::new();
    let remote = RemoteWrite::builder(&stub.url("/"))
        .without_interval()
        .start(registry)
        .unwrap();
    let started = Instant::now();
    let report = remote.flush_blocking(DEADLINE);
    assert_eq!(report.lost, remote.accounting().created);
    assert!(
        started.elapsed() < Duration::from_secs(9),
        "less than an attempt may take"
    );
}

/// A figure of the pipeline, as the registry tells it.
fn metric(registry: &Registry, name: &str, reason: &str) -> u64 {
    let name = format!("steeple_pipeline_{name}_total");
    let labels = [("pipeline", "remote_write"), ("reason", reason)];
    let snapshot = registry.snapshot();
    snapshot
        .value(&name, &labels)
        .and_then(Value::as_counter)
        .unwrap()
}
