//! What is held back.

use std::time::Duration;

use serde_json::Value;
use steeple_core::Observer;
use steeple_logs::{Format, LogsBuilder};
use steeple_metrics::Registry;
use tracing::{info, warn};

use crate::{captured::logged_by, requests::in_request};

fn messages(configure: impl FnOnce(LogsBuilder) -> LogsBuilder, run: impl FnOnce()) -> Vec<String> {
    let text = logged_by(Format::Ecs, configure, run);
    let message = |line| {
        let line: Value = serde_json::from_str(line).unwrap();
        line["message"].as_str().unwrap().to_owned()
    };
    text.lines().map(message).collect()
}

#[test]
fn what_is_logged_again_and_again_is_one_line_and_the_number_of_the_others() {
    let registry = Registry::new();
    let run = || {
        for database in ["orders", "users"] {
            (0..4_213).for_each(|_| warn!(database, "cannot connect"));
        }
        info!("starting");
    };
    let told = metrics::with_local_recorder(&registry, || messages(|logs| logs, run));
    let repeated = "message repeated 4,212 times";
    assert_eq!(
        told,
        [
            "cannot connect",
            repeated,
            "cannot connect",
            "starting",
            repeated
        ],
        "the last is told at the end"
    );
    let figures = registry.render();
    for figure in [
        r#"steeple_log_suppressed_total{reason="repeated"} 8424"#,
        r#"steeple_log_lines_total{level="warn"} 4"#,
        r#"steeple_log_lines_total{level="info"} 1"#,
    ] {
        assert!(figures.contains(figure), "{figure} in {figures}");
    }
}

#[test]
fn what_differs_or_is_not_to_be_folded_is_written() {
    let numbered = || (0..100).for_each(|number| info!(number, "counted"));
    assert_eq!(messages(|logs| logs, numbered).len(), 100);
    let same = || (0..100).for_each(|_| info!("counted"));
    assert_eq!(
        messages(|logs| logs.fold_repeats(Duration::ZERO), same).len(),
        100
    );
}

#[test]
fn requests_do_not_repeat_each_other_though_they_have_the_same_id() {
    let observer = Observer::builder().build().unwrap();
    let told = messages(
        |logs| logs,
        || {
            for trace in ["0af7651916cd43dd8448eb211c80319c"; 2] {
                let parent = format!("00-{trace}-b7ad6b7169203331-01");
                let headers = [("x-request-id", "1"), ("traceparent", &parent)];
                let again = || (0..3).for_each(|_| info!("trying"));
                in_request(&observer, &headers, again);
            }
        },
    );
    let twice = "message repeated 2 times";
    assert_eq!(told, ["trying", twice, "trying", twice]);
}

#[test]
fn records_of_the_crate_log_are_told_apart_by_who_says_them() {
    let told = messages(
        |logs| logs,
        || {
            for target in ["a", "b", "a", "b"] {
                let record = log::Record::builder()
                    .level(log::Level::Info)
                    .target(target)
                    .args(format_args!("the same"))
                    .build();
                tracing_log::format_trace(&record).unwrap();
            }
        },
    );
    let once = "message repeated 1 time";
    assert_eq!(told, ["the same", "the same", once, once]);
}

#[test]
fn a_call_site_logs_no_more_than_it_may_in_a_second_and_the_rest_is_counted() {
    let registry = Registry::new();
    let run = || (0..100_000).for_each(|number| info!(number, "counted"));
    let configure = |logs: LogsBuilder| logs.rate_limit(10);
    let told = metrics::with_local_recorder(&registry, || messages(configure, run));
    // It may have taken more than a second.
    let written = told.iter().filter(|message| *message == "counted").count();
    assert!(written >= 10 && written.is_multiple_of(10), "{written}");
    let left_out = format!(r#"reason="rate_limited"}} {}"#, 100_000 - written);
    let figures = registry.render();
    assert!(figures.contains(&left_out), "{left_out} in {figures}");
    let last = told.last().unwrap();
    let begin = "more than may be logged in a second, left out ";
    let count = last
        .strip_prefix(begin)
        .unwrap()
        .strip_suffix(" times")
        .unwrap();
    assert!(written > 10 || count == "99,990", "{told:?}");
}
