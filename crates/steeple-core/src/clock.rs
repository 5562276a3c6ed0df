//! Monotonic time as one number.
//!
//! Three readings and two differences are due on every request. [`std::time::Instant`] keeps seconds and nanoseconds
//! apart and pays for that in each difference.

use std::time::Duration;

/// A moment, in nanoseconds since some other one.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Moment(u64);

impl Moment {
    #[cfg(unix)]
    #[inline]
    pub(crate) fn now() -> Self {
        use nix::time::{ClockId, clock_gettime};
        // The call can fail only for a clock that the system does not have.
        let nanoseconds = clock_gettime(ClockId::CLOCK_MONOTONIC).map_or(0, |now| {
            now.tv_sec()
                .wrapping_mul(1_000_000_000)
                .wrapping_add(now.tv_nsec())
        });
        Self(nanoseconds as u64)
    }

    #[cfg(not(unix))]
    pub(crate) fn now() -> Self {
        use std::{sync::LazyLock, time::Instant};
        static FIRST: LazyLock<Instant> = LazyLock::new(Instant::now);
        Self(FIRST.elapsed().as_nanos() as u64)
    }

    /// The time since then; zero if the clock went back.
    #[inline]
    pub(crate) fn elapsed(self) -> Duration {
        Duration::from_nanos(Self::now().0.saturating_sub(self.0))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    #[test]
    fn it_agrees_with_the_clock_of_the_standard_library() {
        let (outer, moment) = (Instant::now(), Moment::now());
        let inner = Instant::now();
        while inner.elapsed() < Duration::from_millis(5) {}
        let at_least = inner.elapsed();
        let elapsed = moment.elapsed();
        assert!(
            (at_least..=outer.elapsed()).contains(&elapsed),
            "{elapsed:?}"
        );
    }
}
