//! What the thread that reads and whoever looks tell each other.

use std::{
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// Who looks asks for a reading and waits for it, but never for long: what is read may hang.
#[derive(Default)]
pub(crate) struct Readings {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    is_wanted: bool,
    /// Since when the thread is at work.
    working: Option<Instant>,
    /// When the last reading that came to an end was begun.
    read: Option<Instant>,
    is_over: bool,
}

/// What the thread does next.
#[derive(Debug, PartialEq)]
pub(crate) enum Turn {
    /// Somebody wants a reading.
    Wanted,
    /// It is the time that the thread waited for.
    Due,
    /// Nobody wants figures any more.
    Over,
}

impl Readings {
    /// Waits for a reading that was begun at `since` or later, for `patience` at most. How long the thread is at work already counts: who
    /// comes while it hangs does not wait.
    pub(crate) fn wait_for(&self, since: Instant, patience: Duration) {
        let mut state = self.state();
        let start = state.working.unwrap_or_else(Instant::now);
        while !state.is_over && state.read.is_none_or(|read| read < since) {
            let left = patience.saturating_sub(start.elapsed());
            if left.is_zero() {
                return;
            }
            let is_coming = state.working.is_some_and(|begun| begun >= since);
            if !is_coming && !state.is_wanted {
                state.is_wanted = true;
                self.changed.notify_all();
            }
            state = self.wait(state, left);
        }
    }

    /// Waits until there is something to do for the thread, which then is at work until it [rests](Self::rest).
    pub(crate) fn next(&self, due: Instant) -> Turn {
        let mut state = self.state();
        loop {
            let now = Instant::now();
            let turn = match &*state {
                State { is_over: true, .. } => return Turn::Over,
                State {
                    is_wanted: true, ..
                } => Turn::Wanted,
                _ if now >= due => Turn::Due,
                _ => {
                    state = self.wait(state, due - now);
                    continue;
                }
            };
            (state.is_wanted, state.working) = (false, Some(now));
            return turn;
        }
    }

    /// The figures are read.
    pub(crate) fn read(&self) {
        let mut state = self.state();
        state.read = state.working;
        self.changed.notify_all();
    }

    /// The thread has nothing to do.
    pub(crate) fn rest(&self) {
        self.state().working = None;
        self.changed.notify_all();
    }

    /// There are no readings any more.
    pub(crate) fn end(&self) {
        self.state().is_over = true;
        self.changed.notify_all();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'a>(&self, state: MutexGuard<'a, State>, time: Duration) -> MutexGuard<'a, State> {
        let waited = self.changed.wait_timeout(state, time);
        waited.unwrap_or_else(PoisonError::into_inner).0
    }
}

#[cfg(test)]
mod tests {
    use std::{sync::Arc, thread};

    use super::*;

    const LONG: Duration = Duration::from_secs(60);

    #[test]
    fn who_looks_waits_for_the_reading_that_it_wants() {
        let readings = Arc::new(Readings::default());
        let now = Instant::now();
        let looking = thread::spawn({
            let readings = Arc::clone(&readings);
            move || readings.wait_for(now, LONG)
        });
        assert_eq!(readings.next(now + LONG), Turn::Wanted);
        readings.read();
        looking.join().unwrap();
        readings.rest();
        // What is there is not wanted again.
        readings.wait_for(now, LONG);
        assert_eq!(readings.next(now), Turn::Due);
        assert!(now.elapsed() < LONG);
    }

    #[test]
    fn who_comes_while_a_reading_hangs_does_not_wait() {
        let readings = Readings::default();
        let begun = Instant::now();
        assert_eq!(readings.next(begun), Turn::Due);
        let patience = Duration::from_millis(20);
        readings.wait_for(begun, patience);
        assert!(begun.elapsed() >= patience);
        // Nobody waits, and nobody asks for one more.
        readings.wait_for(begun, patience);
        assert!(!readings.state().is_wanted);
        readings.rest();
        assert_eq!(readings.state().read, None);
    }

    #[test]
    fn nobody_waits_for_what_is_over() {
        let readings = Readings::default();
        readings.end();
        let now = Instant::now();
        readings.wait_for(now, LONG);
        assert_eq!(readings.next(now), Turn::Over);
        assert!(now.elapsed() < LONG);
    }
}
