//! Waiting without sleeping for luck.

use std::{
    thread,
    time::{Duration, Instant},
};

const PAUSE: Duration = Duration::from_millis(10);
const PATIENCE: Duration = Duration::from_secs(30);

/// Asks `probe` until it answers, or for `deadline`; it is asked at least once.
pub fn within<T>(deadline: Duration, mut probe: impl FnMut() -> Option<T>) -> Option<T> {
    let start = Instant::now();
    loop {
        let answer = probe();
        if answer.is_some() || start.elapsed() >= deadline {
            return answer;
        }
        thread::sleep(PAUSE);
    }
}

/// Polls until `condition` holds.
///
/// # Panics
///
/// When it does not within 30 seconds, naming `what` was awaited.
pub fn eventually(what: &str, mut condition: impl FnMut() -> bool) {
    let held = within(PATIENCE, || condition().then_some(()));
    assert!(held.is_some(), "waited {PATIENCE:?} until {what}");
}
