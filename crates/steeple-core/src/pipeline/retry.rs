use std::time::{Duration, Instant};

/// How often and how long a batch is tried.
///
/// Pauses double from the initial to the longest one, each shortened at random by up to a half so
/// that many services do not return at once. A pause counts from the start of the attempt before
/// it: an attempt that used up its timeout is followed at once, so that exports resume within the
/// longest of [`attempt_timeout`](Self::attempt_timeout), [`max_backoff`](Self::max_backoff) and
/// [`max_retry_after`](Self::max_retry_after) after the backend is back, 10 s by default.
#[derive(Clone, Debug)]
#[must_use]
pub struct RetryPolicy {
    attempt_timeout: Duration,
    initial_backoff: Duration,
    max_backoff: Duration,
    max_retry_after: Duration,
    max_elapsed: Duration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            attempt_timeout: Duration::from_secs(10),
            initial_backoff: Duration::from_millis(500),
            max_backoff: Duration::from_secs(5),
            max_retry_after: Duration::from_secs(10),
            max_elapsed: Duration::from_secs(300),
        }
    }
}

impl RetryPolicy {
    /// The time that one attempt may take. Default: 10 s.
    pub fn attempt_timeout(mut self, limit: Duration) -> Self {
        self.attempt_timeout = limit;
        self
    }

    /// The first pause. Default: 500 ms.
    pub fn initial_backoff(mut self, pause: Duration) -> Self {
        self.initial_backoff = pause;
        self
    }

    /// The longest pause. Default: 5 s.
    pub fn max_backoff(mut self, pause: Duration) -> Self {
        self.max_backoff = pause;
        self
    }

    /// The longest pause that a backend may ask for with
    /// [`ExportError::Retryable`](super::ExportError::Retryable); a longer wish is cut to it.
    /// Default: 10 s.
    pub fn max_retry_after(mut self, pause: Duration) -> Self {
        self.max_retry_after = pause;
        self
    }

    /// The time from the first attempt after which a batch is given up; zero tries each batch
    /// once. Default: 300 s.
    pub fn max_elapsed(mut self, limit: Duration) -> Self {
        self.max_elapsed = limit;
        self
    }

    pub(super) fn timeout(&self) -> Duration {
        self.attempt_timeout
    }

    /// The pause after the given number of failures; `chance` is between 0 and 1.
    fn pause(&self, failures: u32, chance: f64) -> Duration {
        let doubled = 2u32.saturating_pow(failures.saturating_sub(1));
        self.initial_backoff
            .saturating_mul(doubled)
            .min(self.max_backoff)
            .mul_f64(1.0 - chance / 2.0)
    }
}

/// The pauses between the attempts at one batch.
#[derive(Debug)]
pub(super) struct Backoff<'a> {
    policy: &'a RetryPolicy,
    first_attempt: Instant,
    failures: u32,
}

impl<'a> Backoff<'a> {
    pub(super) fn new(policy: &'a RetryPolicy) -> Self {
        Self {
            policy,
            first_attempt: Instant::now(),
            failures: 0,
        }
    }

    /// The pause before the next attempt, after one that took `spent`, or `None` to give up.
    pub(super) fn next(
        &mut self,
        spent: Duration,
        retry_after: Option<Duration>,
    ) -> Option<Duration> {
        self.failures = self.failures.saturating_add(1);
        // A backend that asks for less than the policy's own pause must not make us hammer it.
        let pause = self
            .policy
            .pause(self.failures, fastrand::f64())
            .saturating_sub(spent)
            .max(
                retry_after
                    .unwrap_or_default()
                    .min(self.policy.max_retry_after),
            );
        let elapsed = self.first_attempt.elapsed().saturating_add(pause);
        (elapsed < self.policy.max_elapsed).then_some(pause)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Backoff, RetryPolicy};

    #[test]
    fn pauses_double_up_to_the_longest() {
        let policy = RetryPolicy::default();
        let pauses = [1, 2, 3, 4, 5, 33, u32::MAX].map(|n| policy.pause(n, 0.0).as_millis());
        assert_eq!(pauses, [500, 1000, 2000, 4000, 5000, 5000, 5000]);
    }

    #[test]
    fn chance_takes_at_most_half_of_a_pause() {
        assert_eq!(
            RetryPolicy::default().pause(1, 1.0),
            Duration::from_millis(250)
        );
    }

    #[test]
    fn a_pause_counts_from_the_start_of_the_attempt() {
        let policy = RetryPolicy::default();
        let pause = Backoff::new(&policy).next(Duration::from_secs(10), None);
        assert_eq!(pause, Some(Duration::ZERO));
    }

    #[test]
    fn a_wish_of_the_backend_is_kept_up_to_the_limit() {
        let policy = RetryPolicy::default();
        let mut backoff = Backoff::new(&policy);
        for (asked, kept) in [(7, 7), (3600, 10)] {
            let pause = backoff.next(Duration::ZERO, Some(Duration::from_secs(asked)));
            assert_eq!(pause, Some(Duration::from_secs(kept)));
        }
    }

    #[test]
    fn by_default_nothing_keeps_exports_from_resuming_within_ten_seconds() {
        let policy = RetryPolicy::default();
        let limit = Duration::from_secs(10);
        let mut backoff = Backoff::new(&policy);
        assert!(policy.timeout() <= limit);
        for _ in 0..20 {
            for wish in [None, Some(Duration::MAX)] {
                let pause = backoff.next(Duration::ZERO, wish);
                assert!(pause.is_some_and(|pause| pause <= limit), "{pause:?}");
            }
        }
    }

    #[test]
    fn a_wish_for_no_pause_is_given_the_usual_one() {
        let policy = RetryPolicy::default();
        let pause = Backoff::new(&policy).next(Duration::ZERO, Some(Duration::ZERO));
        assert!(pause >= Some(Duration::from_millis(250)), "{pause:?}");
    }

    #[test]
    fn a_pause_that_would_outlast_the_limit_gives_up() {
        let policy = RetryPolicy::default().max_elapsed(Duration::from_secs(5));
        let mut backoff = Backoff::new(&policy);
        assert_eq!(
            backoff.next(Duration::ZERO, Some(Duration::from_secs(6))),
            None
        );
        let once = RetryPolicy::default().max_elapsed(Duration::ZERO);
        assert_eq!(Backoff::new(&once).next(Duration::ZERO, None), None);
    }
}
