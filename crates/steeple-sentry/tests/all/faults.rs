use std::{
    iter,
    time::{Duration, Instant},
};

use steeple_sentry::DropReason;

use crate::{
    stage::{DEADLINE, Stage},
    stub::{Answer, Stub},
};

fn black_hole() -> Stub {
    Stub::answering(iter::repeat_n(Answer::Stall, 1_000))
}

#[test]
fn a_shutdown_ends_in_time_where_nobody_answers() {
    let stub = black_hole();
    let stage = Stage::new(&stub);
    stage.fail(3);
    stub.wait_for(1);
    let start = Instant::now();
    let report = stage.sentry.shutdown_blocking(Duration::from_millis(300));
    assert!(
        start.elapsed() < Duration::from_secs(2),
        "{:?}",
        start.elapsed()
    );
    assert_eq!((report.exported, report.lost, report.pending), (0, 3, 0));
}

#[test]
fn a_dying_process_waits_for_as_long_as_it_may() {
    let stub = Stub::answering([]);
    let stage = Stage::new(&stub);
    stage.fail(1);
    stage.rescue(DEADLINE);
    assert_eq!(stub.events().len(), 1);

    let stage = Stage::new(&black_hole());
    stage.fail(1);
    let start = Instant::now();
    stage.rescue(Duration::from_millis(200));
    assert!(
        start.elapsed() < Duration::from_secs(2),
        "{:?}",
        start.elapsed()
    );
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
