//! So many a second and no more.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crate::clock::Moment;

/// Admits a number of events a second, evenly: the [generic cell rate
/// algorithm](https://en.wikipedia.org/wiki/Generic_cell_rate_algorithm), which is one number that threads agree on.
///
/// What was not used of the last second can be used at once.
#[derive(Debug)]
pub(crate) struct RateLimit {
    since: Moment,
    /// The nanoseconds that one event stands for; none if no event is admitted.
    interval: Option<u64>,
    /// When what was admitted so far is paid for, in nanoseconds after `since`.
    paid: AtomicU64,
}

const SECOND: u64 = 1_000_000_000;

impl RateLimit {
    pub(crate) fn per_second(events: f64) -> Self {
        Self {
            since: Moment::now(),
            interval: (events > 0.0).then(|| (SECOND as f64 / events) as u64),
            paid: AtomicU64::new(0),
        }
    }

    pub(crate) fn admits(&self) -> bool {
        self.admits_at(self.since.elapsed().as_nanos())
    }

    fn admits_at(&self, now: u64) -> bool {
        let Some(interval) = self.interval else {
            return false;
        };
        // One event is admitted even where the limit is less than one a second.
        let latest = now.saturating_add(SECOND.max(interval));
        let pay = |paid: u64| {
            let next = paid.max(now).saturating_add(interval);
            (next <= latest).then_some(next)
        };
        self.paid.fetch_update(Relaxed, Relaxed, pay).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admitted(limit: &RateLimit, at: impl Iterator<Item = u64>) -> usize {
        at.filter(|now| limit.admits_at(*now)).count()
    }

    #[test]
    fn a_flood_gets_the_limit_and_what_the_last_second_left() {
        let limit = RateLimit::per_second(10.0);
        // 1,000 a second for 5 seconds.
        let flood = (0..5_000).map(|event| event * SECOND / 1_000);
        assert_eq!(admitted(&limit, flood), 10 + 49);
        let later = std::iter::repeat_n(60 * SECOND, 100);
        assert_eq!(admitted(&limit, later), 10);
    }

    #[test]
    fn less_than_one_a_second_is_one_now_and_then() {
        let limit = RateLimit::per_second(0.5);
        assert_eq!(admitted(&limit, (0..=10).map(|second| second * SECOND)), 6);
    }

    #[test]
    fn a_limit_of_zero_admits_nothing() {
        for none in [0.0, -1.0, f64::NAN] {
            assert!(!RateLimit::per_second(none).admits());
        }
    }

    #[test]
    fn threads_share_one_limit() {
        let limit = RateLimit::per_second(100.0);
        let admitted = std::thread::scope(|scope| {
            let count = || admitted(&limit, std::iter::repeat_n(0, 1_000));
            let threads = [scope.spawn(count), scope.spawn(count)];
            threads
                .map(|thread| thread.join().unwrap())
                .iter()
                .sum::<usize>()
        });
        assert_eq!(admitted, 100);
    }
}
