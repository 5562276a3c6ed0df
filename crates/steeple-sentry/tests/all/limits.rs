use steeple_sentry::DropReason;

use crate::{
    stage::{DEADLINE, Stage},
    stub::{Answer, Stub},
};

fn lost(count: u64) -> std::collections::BTreeMap<(String, String), u64> {
    let backoff = ("ratelimit_backoff".to_owned(), "error".to_owned());
    [(backoff, count)].into()
}

#[test]
fn of_events_ten_a_second_are_sent_and_the_rest_is_told() {
    let stub = Stub::answering([]);
    let stage = Stage::new(&stub);
    stage.fail(200);
    let _ = stage.sentry.flush_blocking(DEADLINE);
    let accounting = stage.sentry.accounting();
    let report = stage.sentry.shutdown_blocking(DEADLINE);
    assert!(report.is_complete(), "{report:?}");
    let sent = stub.events().len() as u64;
    // They may have taken longer than a second.
    assert!((10..100).contains(&sent), "{sent}");
    assert_eq!(accounting.created, 200 + accounting.exported - sent);
    assert_eq!(accounting.dropped(DropReason::RateLimited), 200 - sent);
    assert_eq!(stub.losses(), lost(200 - sent));
}

#[test]
fn what_sentry_limits_is_not_sent() {
    let head = "x-sentry-rate-limits: 60:error;default:organization:quota\r\n";
    for status in [200, 429] {
        let stub = Stub::answering([Answer::Status(status, head)]);
        let stage = Stage::new(&stub);
        stage.fail(1);
        let _ = stage.sentry.flush_blocking(DEADLINE);
        stage.fail(2);
        let _ = stage.sentry.flush_blocking(DEADLINE);
        let accounting = stage.sentry.accounting();
        let report = stage.sentry.shutdown_blocking(DEADLINE);
        assert!(report.is_complete(), "{report:?}");
        assert_eq!(stub.events().len(), 1);
        // Sentry itself has counted the one that it answered with 429.
        assert_eq!(stub.losses(), lost(2));
        let limited = if status == 429 { 3 } else { 2 };
        assert_eq!(accounting.dropped(DropReason::RateLimited), limited);
    }
}

#[test]
fn limits_of_other_categories_leave_errors_alone() {
    let head = "x-sentry-rate-limits: 60:transaction:key\r\n";
    let stub = Stub::answering([Answer::Status(200, head)]);
    let stage = Stage::new(&stub);
    stage.fail(1);
    stub.wait_for(1);
    stage.fail(1);
    let report = stage.sentry.shutdown_blocking(DEADLINE);
    assert!(report.is_complete(), "{report:?}");
    assert_eq!(stub.events().len(), 2);
}
