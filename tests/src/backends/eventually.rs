//! Waiting without sleeping for luck.

use std::thread;
use std::time::{Duration, Instant};

const PAUSE: Duration = Duration::from_millis(50);

/// Asks `probe` until it answers, or for `deadline`; it is asked at least once.
pub(crate) fn eventually<T>(deadline: Duration, mut probe: impl FnMut() -> Option<T>) -> Option<T> {
    let start = Instant::now();
    loop {
        let answer = probe();
        if answer.is_some() || start.elapsed() >= deadline {
            return answer;
        }
        thread::sleep(PAUSE);
    }
}
