//! Errors that are grouped in the service itself.

use std::time::Duration;

use futures_executor::block_on;
use serde_json::Value;
use steeple::{
    Steeple, SteepleBuilder,
    core::{
        log_error,
        ops::{OpsRequest, OpsService},
    },
    current,
};

use crate::{process, service};

const TOKEN: &str = "0123456789abcdef0123456789abcdef";
const DEADLINE: Duration = Duration::from_secs(30);

fn shop() -> SteepleBuilder {
    Steeple::builder("shop").private().without_ops()
}

/// What GET of `path` answers to who has the token.
fn answered(steeple: &Steeple, path: &str) -> (u16, String) {
    let mounted = steeple.ops_service(|ops| ops.token(TOKEN)).unwrap();
    let request = OpsRequest::new("GET", path).with_header("host", "localhost");
    assert_eq!(block_on(mounted.call(request.clone())).status(), 401);
    let request = request.with_header("authorization", format!("Bearer {TOKEN}"));
    let answer = block_on(mounted.call(request));
    let status = answer.status();
    let mut body = answer.into_body();
    let body = block_on(std::future::poll_fn(|context| body.poll_chunk(context)));
    (status, String::from_utf8(body.unwrap().into()).unwrap())
}

#[test]
fn groups_are_told_behind_the_checks_and_nothing_in_them_is_active() {
    let steeple = shop().errors(|errors| errors).build().unwrap();
    service::serve(steeple.observer(), || {
        current::user("ada@example.org");
        current::tag("tenant", "<b>acme");
        panic!("</script>\r\n\u{1b}[2J\u{202e}");
    });
    let report = block_on(steeple.flush(DEADLINE));
    assert!(report.is_complete(), "{report:?}");

    let (status, text) = answered(&steeple, "/api/errors");
    assert_eq!(status, 200);
    let all: Value = serde_json::from_str(&text).unwrap();
    let group = &all["groups"][0];
    assert_eq!(group["count"], 1);
    assert_eq!(group["routes"]["/orders/{id}"], 1);
    assert_eq!(group["users"], 1);
    let (status, text) = answered(
        &steeple,
        &format!("/api/errors/{}", group["id"].as_str().unwrap()),
    );
    assert_eq!(status, 200);
    for active in ["<", ">", "\n", "\u{1b}", "\u{202e}", "ada"] {
        assert!(!text.contains(active), "{active:?} in {text}");
    }
    let one: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(one["samples"][0]["tags"]["tenant"], "<b>acme");
    assert_eq!(one["message"], "</script>\r\n\u{1b}[2J\u{202e}");
    for unknown in ["0000000000000000", "x", "<b>"] {
        assert_eq!(answered(&steeple, &format!("/api/errors/{unknown}")).0, 404);
    }
}

#[test]
fn nothing_is_tracked_unless_it_is_asked_for() {
    let steeple = shop().build().unwrap();
    assert!(steeple.errors().is_none());
    assert_eq!(answered(&steeple, "/api/errors").0, 404);
    assert_eq!(block_on(steeple.flush(DEADLINE)).errors, None);
}

#[test]
fn a_shutdown_writes_what_was_reported_and_the_next_instance_has_it() {
    let directory = tempfile::tempdir().unwrap();
    for run in 1..=2 {
        let file = directory.path().join("errors.jsonl");
        let steeple = shop().errors(|errors| errors.file(file)).build().unwrap();
        service::serve(steeple.observer(), || panic!("order {run} is gone"));
        let report = block_on(steeple.shutdown(DEADLINE)).unwrap();
        assert!(report.is_complete(), "{report:?}");
    }
    let file = directory.path().join("errors.jsonl");
    let steeple = shop().errors(|errors| errors.file(file)).build().unwrap();
    let groups = steeple.errors().unwrap().groups();
    assert_eq!(groups.len(), 1);
    assert_eq!((groups[0].count, groups[0].samples.len()), (2, 2));
}

#[test]
fn a_file_that_cannot_be_had_is_an_error_of_the_start() {
    let error = shop()
        .errors(|errors| errors.file("/proc/nowhere/errors.jsonl"))
        .build()
        .unwrap_err();
    assert!(
        error.to_string().contains("/proc/nowhere/errors.jsonl"),
        "{error}"
    );
}

#[test]
fn what_fails_outside_of_requests_is_told_to_the_instance_of_the_process() {
    let ended = process::run::<_, &str>(&[], || {
        let steeple = Steeple::builder("shop")
            .without_ops()
            .errors(|errors| errors)
            .build()
            .unwrap();
        log_error(&std::fmt::Error, &[("cache", "prices")]);
        let panicked = std::thread::spawn(|| panic!("outside")).join();
        assert!(panicked.is_err());
        let errors = steeple.errors().unwrap();
        let deadline = std::time::Instant::now() + DEADLINE;
        // A panic is on its way by another thread at first.
        while errors.accounting().created < 2 {
            assert!(std::time::Instant::now() < deadline);
            std::thread::yield_now();
        }
        assert!(errors.flush_blocking(DEADLINE).is_complete());
        let mut kinds: Vec<_> = errors
            .groups()
            .into_iter()
            .map(|group| group.kind)
            .collect();
        kinds.sort();
        assert_eq!(kinds, ["logged", "panic"]);
    });
    assert!(ended.is_none_or(|ended| ended.success));
}
