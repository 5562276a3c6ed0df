//! Failures that are reported.

use std::{io, panic};

use serde_json::Value;
use steeple_core::{Observer, current, errors::Backtrace, log_error};
use steeple_logs::{Format, Logs};

use crate::{
    captured::{Captured, finish},
    requests::in_request,
};

#[derive(Debug, thiserror::Error)]
#[error("cannot pay by http://shop:hunter2@bank yet")]
struct Payment {
    #[source]
    bank: io::Error,
}

#[inline(never)]
fn pay() {
    let bank = io::Error::other("the bank is closed");
    current::attach(&Payment { bank });
}

/// What is written of what is reported in `run`.
fn reported(run: impl FnOnce(&Observer)) -> Vec<Value> {
    // What fails while names are looked up for the first time, by another test, would have no calls.
    Backtrace::prepare();
    let captured = Captured::default();
    let logs = Logs::builder("shop")
        .to(captured.clone(), Format::Ecs)
        .error_log();
    let logs = logs.start().unwrap();
    let sink = logs.error_log().unwrap();
    let observer = Observer::builder().error_sink(sink).build().unwrap();
    run(&observer);
    finish(logs);
    let read = |line| serde_json::from_str(line).unwrap();
    captured.text().lines().map(read).collect()
}

#[test]
fn a_failure_is_told_with_what_caused_it_and_the_calls_that_led_to_it() {
    let lines = reported(|observer| observer.observe("job", "nightly").run(pay));
    let [line] = &lines[..] else {
        panic!("{lines:?}");
    };
    assert_eq!(line["log"]["level"], "error");
    assert_eq!(line["log"]["logger"], "steeple::errors");
    let message = "cannot pay by http://[redacted]@bank yet: the bank is closed";
    assert_eq!(line["message"], message);
    assert_eq!(line["error"]["message"], message);
    assert!(line["error"]["type"].as_str().unwrap().ends_with("Payment"));
    let trace = line["error"]["stack_trace"].as_str().unwrap();
    let (chain, calls) = trace.split_once("\n    at ").unwrap();
    let chain: Vec<_> = chain.lines().collect();
    assert!(
        chain[0].ends_with("Payment: cannot pay by http://[redacted]@bank yet"),
        "{trace}"
    );
    assert_eq!(chain[1..], ["Caused by: Custom: the bank is closed"]);
    let first = calls.lines().next().unwrap();
    assert!(
        first.contains("pay") && first.contains("errors.rs:"),
        "{trace}"
    );
    assert_eq!(line["labels"]["error_kind"], "error");
    assert_eq!(line["labels"]["job_name"], "nightly");
    assert_eq!(line["trace"]["id"].as_str().unwrap().len(), 32);
    assert!(line.get("tags").is_none(), "{line}");
}

#[test]
fn a_panic_is_told_with_its_place_and_that_of_a_request_with_the_request() {
    let lines = reported(|observer| {
        in_request(observer, &[("x-request-id", "req-1")], || {
            current::tag("shard", "7");
            log_error(&io::Error::other("too late"), &[("cache", "prices")]);
        });
        let run = || {
            observer
                .observe("job", "nightly")
                .run(|| panic!("out of paper"))
        };
        panic::catch_unwind(panic::AssertUnwindSafe(run)).unwrap_err();
    });
    let of = |kind: &str| {
        let mut lines = lines.iter();
        lines.find(|line| line["labels"]["error_kind"] == kind)
    };
    let (logged, panicked) = (of("logged").unwrap(), of("panic").unwrap());
    assert_eq!(logged["http"]["request"]["id"], "req-1");
    assert_eq!(logged["http"]["request"]["method"], "GET");
    assert_eq!(logged["labels"]["cache"], "prices");
    assert_eq!(logged["labels"]["shard"], "7");
    assert_eq!(panicked["message"], "out of paper");
    assert_eq!(panicked["error"]["type"], "panic");
    let origin = &panicked["log"]["origin"]["file"];
    assert!(
        origin["name"]
            .as_str()
            .unwrap()
            .ends_with("events/errors.rs")
    );
    assert!(origin["line"].as_u64().unwrap() > 0);
    let trace = panicked["error"]["stack_trace"].as_str().unwrap();
    assert!(trace.starts_with("panic: out of paper\n    at "), "{trace}");
}

#[test]
fn there_are_no_lines_of_failures_unless_they_are_wanted() {
    let logs = Logs::builder("shop").to(Captured::default(), Format::Ecs);
    let logs = logs.start().unwrap();
    assert!(logs.error_log().is_none());
    finish(logs);
}
