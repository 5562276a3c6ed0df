use std::{
    error::Error,
    time::{Duration, Instant},
};

use tracing::{Dispatch, dispatcher, subscriber::NoSubscriber};

use super::{Accounting, DropReason};
use crate::panic;

/// The time between two lines about the same cause.
const INTERVAL: Duration = Duration::from_secs(10);

/// A pipeline's log lines about itself, at most one per cause and interval.
#[derive(Debug)]
pub(super) struct SelfLog {
    pipeline: &'static str,
    /// The subscriber that was current when the pipeline was built; none: the global one.
    subscriber: Option<Dispatch>,
    throttle: Throttle,
    refused: [u64; REFUSALS.len()],
}

/// What happens on the threads of producers, which must not log; the worker does it for them.
const REFUSALS: [DropReason; 2] = [DropReason::QueueFull, DropReason::BudgetExhausted];

impl SelfLog {
    pub(super) fn new(pipeline: &'static str) -> Self {
        let current = dispatcher::get_default(Dispatch::clone);
        Self {
            pipeline,
            subscriber: (!current.is::<NoSubscriber>()).then_some(current),
            throttle: Throttle::default(),
            refused: [0; REFUSALS.len()],
        }
    }

    pub(super) fn not_started(&mut self, error: &(dyn Error + 'static)) {
        self.warn(
            "not_running",
            Some(error),
            "worker not started: all items are dropped",
        );
    }

    pub(super) fn panicked(&mut self, panic: &(dyn Error + 'static)) {
        self.warn(
            "exporter_panicked",
            Some(panic),
            "exporter panicked: a new one is made",
        );
    }

    pub(super) fn failed(&mut self, error: &(dyn Error + 'static)) {
        self.warn(
            "exporter_failed",
            Some(error),
            "items dropped: the backend refused them",
        );
    }

    pub(super) fn rejected(&mut self, error: &(dyn Error + 'static)) {
        self.warn(
            "rejected",
            Some(error),
            "batch exported, but the backend rejected items of it or warns",
        );
    }

    pub(super) fn retrying(&mut self, error: &(dyn Error + 'static)) {
        self.warn(
            "retrying",
            Some(error),
            "export failed: the batch is tried again",
        );
    }

    pub(super) fn gave_up(&mut self, error: &(dyn Error + 'static)) {
        self.warn(
            "retries_exhausted",
            Some(error),
            "batch dropped: retries are used up",
        );
    }

    pub(super) fn refusals(&mut self, accounting: &Accounting) {
        for (index, reason) in REFUSALS.into_iter().enumerate() {
            let dropped = accounting.dropped(reason);
            if dropped > self.refused[index] {
                self.refused[index] = dropped;
                self.warn(
                    reason.as_str(),
                    None,
                    "items dropped: no room to queue them",
                );
            }
        }
    }

    fn warn(
        &mut self,
        cause: &'static str,
        error: Option<&(dyn Error + 'static)>,
        message: &'static str,
    ) {
        let Some(muted) = self.throttle.admit(cause, Instant::now()) else {
            return;
        };
        let pipeline = self.pipeline;
        let line = || tracing::warn!(pipeline, cause, muted, error, "{message}");
        // A subscriber that panics must not end the worker.
        let _ = panic::catch(|| match &self.subscriber {
            Some(subscriber) => dispatcher::with_default(subscriber, line),
            None => line(),
        });
    }
}

/// Lets one event per cause and interval pass and counts the others.
#[derive(Debug, Default)]
struct Throttle(Vec<Cause>);

#[derive(Debug)]
struct Cause {
    name: &'static str,
    passed: Instant,
    muted: u64,
}

impl Throttle {
    /// How many were muted since the last one that passed, or `None` if this one is muted too.
    fn admit(&mut self, name: &'static str, now: Instant) -> Option<u64> {
        let Some(cause) = self.0.iter_mut().find(|cause| cause.name == name) else {
            self.0.push(Cause {
                name,
                passed: now,
                muted: 0,
            });
            return Some(0);
        };
        if now.saturating_duration_since(cause.passed) < INTERVAL {
            cause.muted += 1;
            return None;
        }
        cause.passed = now;
        Some(std::mem::take(&mut cause.muted))
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::{INTERVAL, Throttle};

    #[test]
    fn one_line_per_cause_passes_in_an_interval() {
        let mut throttle = Throttle::default();
        let start = Instant::now();
        let late = start + INTERVAL - Duration::from_nanos(1);
        assert_eq!(throttle.admit("panic", start), Some(0));
        assert_eq!(throttle.admit("panic", start), None);
        assert_eq!(throttle.admit("full", start), Some(0));
        assert_eq!(throttle.admit("panic", late), None);
        assert_eq!(throttle.admit("panic", start + INTERVAL), Some(2));
        assert_eq!(throttle.admit("panic", start + INTERVAL), None);
    }
}
