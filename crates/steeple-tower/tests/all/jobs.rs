//! Work that is no request.

use std::{
    error::Error,
    future, io,
    panic::{AssertUnwindSafe, catch_unwind},
};

use futures_executor::block_on;
use futures_util::FutureExt;
use steeple_core::{Job, Outcome, current};

use crate::stage::{Seen, Stage};

/// One record, with the metrics in agreement.
fn settled(stage: &Stage) -> Seen {
    let record = stage.records.only();
    let error_type = record
        .error_type
        .as_ref()
        .map_or_else(String::new, |error| format!(r#"error_type="{error}","#));
    let line = format!(
        r#"steeple_job_duration_seconds_count{{{error_type}job_kind="cron",job_name="nightly",outcome="{}"}} 1"#,
        record.outcome
    );
    let text = stage.registry.render();
    assert!(text.lines().any(|found| found == line), "{line}\n{text}");
    assert_eq!(stage.total("http_server_requests_total"), 0.0);
    record
}

fn job(stage: &Stage) -> Job {
    stage.observer.observe("cron", "nightly")
}

#[test]
fn one_that_returns_succeeds() {
    let stage = Stage::new();
    assert_eq!(job(&stage).run(|| 7), 7);
    assert_eq!(settled(&stage).outcome, Outcome::Success);

    let stage = Stage::new();
    let work = async {
        assert!(current::request_id().is_some());
        7
    };
    assert_eq!(block_on(job(&stage).instrument(work)), 7);
    assert_eq!(settled(&stage).outcome, Outcome::Success);
}

#[test]
fn one_with_an_error_attached_fails() {
    let stage = Stage::new();
    job(&stage).run(|| current::attach(&io::Error::other("no disk")));
    let record = settled(&stage);
    assert_eq!(
        (record.outcome, record.error_type.as_deref()),
        (Outcome::ServerError, Some("std::io::error::Error"))
    );
}

#[test]
fn one_with_an_error_of_a_hidden_type_fails_by_one_of_the_others() {
    let stage = Stage::new();
    let error: &dyn Error = &io::Error::other("no disk");
    job(&stage).run(|| current::attach(error));
    assert_eq!(settled(&stage).error_type.as_deref(), Some("_OTHER"));
}

#[test]
fn a_panic_is_recorded_and_goes_on_to_the_caller() {
    let stage = Stage::new();
    let panicked = catch_unwind(AssertUnwindSafe(|| job(&stage).run(|| panic!("lost"))));
    assert!(panicked.is_err());
    let record = settled(&stage);
    assert_eq!(
        (record.outcome, record.panic.as_deref()),
        (Outcome::Panicked, Some("lost"))
    );

    let stage = Stage::new();
    let work = job(&stage).instrument(async { panic!("lost") });
    assert!(catch_unwind(AssertUnwindSafe(|| block_on(work))).is_err());
    assert_eq!(settled(&stage).outcome, Outcome::Panicked);
}

#[test]
fn one_that_is_dropped_is_cancelled() {
    let stage = Stage::new();
    drop(job(&stage));
    assert_eq!(settled(&stage).outcome, Outcome::CancelledBeforeHead);

    let stage = Stage::new();
    let work = job(&stage).instrument(future::pending::<()>());
    assert!(work.now_or_never().is_none());
    assert_eq!(settled(&stage).outcome, Outcome::CancelledBeforeHead);
}

#[test]
fn one_that_is_not_observed_runs_all_the_same() {
    assert_eq!(Job::unobserved().run(|| 7), 7);
    assert_eq!(block_on(Job::unobserved().instrument(async { 7 })), 7);
    assert!(catch_unwind(|| Job::unobserved().run(|| panic!("lost"))).is_err());
}
