use std::{
    iter,
    time::{Duration, Instant},
};

use steeple_sentry::DropReason;

use crate::{
    stage::{DEADLINE, Stage},
    stub::{Answer, Stub},
};

const ROUNDS: usize = 3;
/// How long is waited at most.
const SHORT: Duration = Duration::from_millis(300);
/// For a busy machine to take notice: with the deadline less than the 2 s that the clients of Sentry's own wait.
const SLACK: Duration = Duration::from_secs(1);

fn black_hole() -> Stub {
    Stub::answering(iter::repeat_n(Answer::Stall, 1_000))
}

/// Fails where nobody answers, and says whether `end` comes in time in one round of a few: the machine has other things to do, too.
fn ends_in_time<T>(failures: usize, end: impl Fn(Stage) -> T) -> bool {
    let took = iter::repeat_with(|| {
        let stub = black_hole();
        let stage = Stage::new(&stub);
        stage.fail(failures);
        stub.wait_for(1);
        let start = Instant::now();
        let _left = end(stage);
        start.elapsed()
    });
    took.take(ROUNDS).any(|took| took < SHORT + SLACK)
}

#[test]
fn a_shutdown_ends_in_time_where_nobody_answers() {
    assert!(ends_in_time(3, |stage| {
        let report = stage.sentry.shutdown_blocking(SHORT);
        assert_eq!((report.exported, report.lost, report.pending), (0, 3, 0));
    }));
}

#[test]
fn a_dying_process_waits_for_as_long_as_it_may() {
    let stub = Stub::answering([]);
    let stage = Stage::new(&stub);
    stage.fail(1);
    stage.rescue(DEADLINE);
    assert_eq!(stub.events().len(), 1);

    assert!(ends_in_time(1, |stage| {
        stage.rescue(SHORT);
        stage
    }));
}

#[test]
fn a_panic_of_the_application_costs_one_event() {
    let stub = Stub::answering([]);
    let stage = Stage::with(&stub, |sentry| {
        sentry.before_send(|event| {
            let kind = &event.tags["kind"];
            assert_ne!(kind, "panic", "the application does not like panics");
            Some(event)
        })
    });
    stage.request(500, || panic!("lost"));
    stage.fail(1);
    let _ = stage.sentry.flush_blocking(DEADLINE);
    let accounting = stage.sentry.accounting();
    assert_eq!(accounting.dropped(DropReason::ExporterPanicked), 1);
    let _ = stage.sentry.shutdown_blocking(DEADLINE);
    assert_eq!(stub.events().len(), 1);
    let lost = ("internal_sdk_error".to_owned(), "error".to_owned());
    assert_eq!(stub.losses(), [(lost, 1)].into());
}
