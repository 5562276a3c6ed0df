//! Monotonic time, read from the processor.
//!
//! Three readings are due on every request, and [`std::time::Instant`] takes three times as long for each as the processor's
//! counter does. Where that is not fit for it, [`quanta`] asks the system.

use std::{
    cell::Cell,
    sync::LazyLock,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use metrics::IntoF64;
use quanta::Clock;

static CLOCK: LazyLock<Clock> = LazyLock::new(Clock::new);

/// Measures the processor's counter against the system's clock, so that no request has to wait for it.
pub(crate) fn calibrate() {
    LazyLock::force(&CLOCK);
}

/// A moment, in ticks of the counter.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Moment(u64);

impl Moment {
    #[inline]
    pub(crate) fn now() -> Self {
        Self(CLOCK.raw())
    }

    /// The time since an earlier moment; none if it is a later one.
    #[inline]
    fn since(self, earlier: Self) -> Option<Elapsed> {
        let nanos = || CLOCK.delta_as_nanos(earlier.0, self.0).cast_signed();
        (self.0 >= earlier.0).then(|| Elapsed(nanos()))
    }

    /// The time since then; zero if the counter went back.
    #[inline]
    pub(crate) fn elapsed(self) -> Elapsed {
        let clock = &*CLOCK;
        Elapsed(clock.delta_as_nanos(self.0, clock.raw()).cast_signed())
    }
}

/// A span of time, in nanoseconds: fewer than 2^63, which are 292 years, and signed, since the processor makes a float of
/// that at once. A [`Duration`] takes two divisions there and back.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Elapsed(i64);

impl IntoF64 for Elapsed {
    /// In seconds.
    #[inline]
    fn into_f64(self) -> f64 {
        self.0 as f64 * 1e-9
    }
}

impl Elapsed {
    #[inline]
    pub(crate) fn as_nanos(self) -> u64 {
        self.0.cast_unsigned()
    }
}

impl From<Elapsed> for Duration {
    fn from(elapsed: Elapsed) -> Self {
        Self::from_nanos(elapsed.as_nanos())
    }
}

/// How long a thread goes by what the system's clock said last, in nanoseconds: reading it takes five times as long.
const ANCHORED: u64 = 1_000_000_000;

thread_local! {
    static ANCHOR: Cell<Option<Timestamp>> = const { Cell::new(None) };
}

/// A moment that the world has a name for, from which time goes on evenly, whatever becomes of the system's clock.
#[derive(Clone, Copy, Debug)]
pub struct Timestamp {
    unix_nanos: u64,
    moment: Moment,
}

impl Timestamp {
    /// This moment.
    #[must_use]
    pub fn now() -> Self {
        Self::at(Moment::now())
    }

    /// A moment that was.
    pub(crate) fn at(moment: Moment) -> Self {
        ANCHOR
            .try_with(|anchor| {
                if let Some(timestamp) = anchor.get().and_then(|anchor| anchor.later(moment)) {
                    return timestamp;
                }
                let timestamp = Self::of_system(moment);
                // What is asked of a moment long past is no anchor for those to come.
                if anchor.get().is_none_or(|anchor| anchor.moment.0 < moment.0) {
                    anchor.set(Some(timestamp));
                }
                timestamp
            })
            .unwrap_or_else(|_| Self::of_system(moment))
    }

    /// A moment less than a second later.
    fn later(self, moment: Moment) -> Option<Self> {
        let elapsed = moment.since(self.moment)?.as_nanos();
        (elapsed < ANCHORED).then_some(Self {
            unix_nanos: self.unix_nanos + elapsed,
            moment,
        })
    }

    #[cold]
    fn of_system(moment: Moment) -> Self {
        let (now, read) = Self::read_system();
        let ago = read.since(moment).map_or(0, Elapsed::as_nanos);
        Self {
            unix_nanos: now.saturating_sub(ago),
            moment,
        }
    }

    /// What the system's clock says, in nanoseconds since 1970, and the moment of that. Who is interrupted between the two clocks
    /// reads them again.
    fn read_system() -> (u64, Moment) {
        const TRIES: u32 = 4;
        const AT_ONCE: u64 = 100_000;
        let mut tries = 0;
        loop {
            let read = Moment::now();
            let since = SystemTime::now().duration_since(UNIX_EPOCH);
            tries += 1;
            if tries == TRIES || read.elapsed().as_nanos() < AT_ONCE {
                return (since.map_or(0, |since| since.as_nanos() as u64), read);
            }
        }
    }

    /// In nanoseconds since the beginning of 1970.
    #[must_use]
    pub fn unix_nanos(self) -> u64 {
        self.unix_nanos
    }

    /// The time since then.
    pub(crate) fn elapsed(self) -> Elapsed {
        self.moment.elapsed()
    }

    /// The nanoseconds since then; zero if the processor's counter went back.
    #[must_use]
    pub fn elapsed_nanos(self) -> u64 {
        self.moment.elapsed().as_nanos()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    #[test]
    fn timestamps_go_on_from_the_systems_clock_and_are_read_from_it_again() {
        let now = || {
            SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .unwrap()
                .as_nanos() as u64
        };
        let before = now();
        let first = Timestamp::now();
        let second = Timestamp::now();
        let after = now();
        // The counter is measured to a hundredth.
        let slack = 1 + (after - before) / 50;
        assert!(first.unix_nanos() >= before - slack && second.unix_nanos() <= after + slack);
        assert!(second.unix_nanos() >= first.unix_nanos());
        // A moment that the anchor says nothing of.
        std::thread::sleep(Duration::from_millis(20));
        let anchor = ANCHOR.replace(None);
        let again = Timestamp::at(first.moment);
        assert!(anchor.is_some() && again.unix_nanos().abs_diff(first.unix_nanos()) < 10_000_000);
        let earlier = Timestamp {
            unix_nanos: 5,
            moment: Moment(first.moment.0),
        };
        assert_eq!(
            earlier.later(first.moment).map(Timestamp::unix_nanos),
            Some(5)
        );
        assert!(earlier.later(Moment(u64::MAX)).is_none() && first.later(Moment(0)).is_none());
    }

    #[test]
    fn a_thread_goes_by_its_anchor_for_a_second_and_by_the_systems_clock_then() {
        // How many ticks take a second at least.
        let mut ticks = 1;
        while CLOCK.delta_as_nanos(0, ticks) < ANCHORED {
            ticks *= 2;
        }
        let now = Moment::now();
        let anchor = Timestamp {
            unix_nanos: 5,
            moment: now,
        };
        ANCHOR.set(Some(anchor));
        let soon = Moment(now.0 + ticks / 4);
        let expected = 5 + CLOCK.delta_as_nanos(now.0, soon.0);
        assert_eq!(Timestamp::at(soon).unix_nanos(), expected);
        let late = Moment(now.0 + ticks);
        assert!(Timestamp::at(late).unix_nanos() > ANCHORED << 20);
        // It is the anchor of what comes after it, and of nothing before it.
        let anchor = ANCHOR.get().unwrap();
        assert_eq!(anchor.moment.0, late.0);
        assert_eq!(Timestamp::at(late).unix_nanos(), anchor.unix_nanos);
        assert!(Timestamp::at(now).unix_nanos() <= anchor.unix_nanos);
        assert_eq!(ANCHOR.get().unwrap().moment.0, late.0);
    }

    #[test]
    fn it_agrees_with_the_clock_of_the_standard_library_to_a_hundredth() {
        let (outer, moment) = (Instant::now(), Moment::now());
        let inner = Instant::now();
        while inner.elapsed() < Duration::from_millis(20) {}
        let at_least = inner.elapsed();
        let elapsed = Duration::from(moment.elapsed());
        let at_most = outer.elapsed();
        assert!(
            elapsed >= at_least.mul_f64(0.99) && elapsed <= at_most.mul_f64(1.01),
            "{elapsed:?}"
        );
    }
}
