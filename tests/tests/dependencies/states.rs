//! What a database goes through, whichever it is.

use std::{ops::Deref, time::Duration};

use futures_executor::block_on;
use steeple::health::{Check, CheckSnapshot, CheckState, Failure, Health};
use steeple_tests::{
    backends::{Relay, Server},
    waiting::{eventually, within},
};

/// A guard against hanging, for checks that are to succeed on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);
pub(crate) const SLOW: Duration = Duration::from_millis(200);

/// The outcome of one run.
pub(crate) fn outcome(health: &Health) -> CheckSnapshot {
    let mut checks = block_on(health.report()).checks;
    assert_eq!(checks.len(), 1);
    checks.remove(0)
}

pub(crate) fn started(check: Check) -> Health {
    let check = check.cache(Duration::ZERO);
    Health::builder().check("database", check).start().unwrap()
}

pub(crate) fn is_up(health: &Health) -> bool {
    outcome(health).state == CheckState::Up
}

/// Up, slow, frozen, with a wrong password, and down: `check` makes one that is told where to connect to and the password.
pub(crate) fn passes_through<S: Deref<Target = Server>>(
    server: S,
    relay: &Relay,
    refusal: &str,
    check: impl Fn(&Relay, &str) -> Check,
) {
    let patient = started(check(relay, "right").timeout(PATIENCE));
    eventually("it is up", || is_up(&patient));

    relay.delay(SLOW);
    let slow = outcome(&patient);
    assert_eq!(slow.state, CheckState::Up);
    assert!(slow.duration.unwrap() >= SLOW, "{slow:?}");
    let timeout = Duration::from_millis(50);
    let impatient = started(check(relay, "right").timeout(timeout));
    let late = outcome(&impatient);
    assert_eq!(late.last_failure.unwrap().1, Failure::TimedOut(timeout));
    relay.delay(Duration::ZERO);

    let stranger = started(check(relay, "wrong").timeout(PATIENCE));
    let refused = outcome(&stranger);
    assert_eq!(refused.state, CheckState::Down);
    let (_, failure) = refused.last_failure.unwrap();
    let message = failure.message().unwrap().to_lowercase();
    assert!(message.contains(refusal), "{message}");
    assert!(!failure.to_string().contains(refusal), "{failure}");

    server.freeze();
    let usual = started(check(relay, "right"));
    for health in [&usual, &impatient] {
        let frozen = outcome(health);
        assert_eq!(frozen.state, CheckState::Down);
        let (_, failure) = frozen.last_failure.unwrap();
        // A client may give up by itself at the moment that the check does.
        let gave_up = failure
            .message()
            .is_some_and(|message| message.contains("timed out"));
        let timed_out = matches!(failure, Failure::TimedOut(_));
        assert!(timed_out || gave_up, "{failure:?}");
    }
    server.go_on();
    eventually("it is up again", || is_up(&patient));

    drop(server);
    let gone = within(PATIENCE, || (!is_up(&patient)).then_some(()));
    assert!(gone.is_some());
}
