//! When a stripe records.

use std::time::Duration;

use crate::{
    summary::Rolling,
    sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed},
};

/// For how many records a reading of the clock holds, where they come fast.
const RECORDS: u32 = 16;

/// How soon after the reading before it one has to come to hold for as many.
const SOON: Duration = Duration::from_millis(10);

/// The period in which a stripe records that a thread has for itself.
///
/// Reading the clock takes twice as long as all else that a record does, so of those that come fast only every 16th does. When
/// they cease to come, those that are left count as made then, unless somebody looked since: a look ends a reading.
#[derive(Debug, Default)]
pub(super) struct Watch {
    /// The age of the series at the last reading, in nanoseconds.
    read_at: AtomicU64,
    period: AtomicU32,
    /// For how many records that still is the period.
    left: AtomicU32,
}

impl Watch {
    /// The period of the next record; `age` is that of the series by the clock.
    #[inline]
    pub(super) fn period(&self, rolling: &Rolling, age: impl FnOnce() -> Duration) -> u32 {
        match self.left.load(Relaxed) {
            0 => self.read(rolling, age()),
            left => {
                self.left.store(left - 1, Relaxed);
                self.period.load(Relaxed)
            }
        }
    }

    pub(super) fn touch(&self) -> u64 {
        self.read_at.load(Relaxed)
    }

    /// Makes the next record read the clock.
    pub(super) fn end_reading(&self) {
        // Most often there is none, and memory that is only read need not be written back.
        if self.left.load(Relaxed) > 0 {
            self.left.store(0, Relaxed);
        }
    }

    fn read(&self, rolling: &Rolling, age: Duration) -> u32 {
        let period = rolling.at(age);
        let now = u64::try_from(age.as_nanos()).unwrap_or(u64::MAX);
        let since = now.saturating_sub(self.read_at.load(Relaxed));
        self.read_at.store(now, Relaxed);
        self.period.store(period, Relaxed);
        if Duration::from_nanos(since) < SOON {
            self.left.store(RECORDS - 1, Relaxed);
        }
        period
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use std::cell::Cell;

    use super::*;

    /// A watch and how often it was read, of a series whose periods are seconds.
    struct Worn {
        watch: Watch,
        rolling: Rolling,
        readings: Cell<u32>,
    }

    impl Worn {
        fn new() -> Self {
            Self {
                watch: Watch::default(),
                rolling: Rolling::new(Duration::from_secs(3)),
                readings: Cell::new(0),
            }
        }

        fn period_at(&self, milliseconds: u64) -> u32 {
            self.watch.period(&self.rolling, || {
                self.readings.set(self.readings.get() + 1);
                Duration::from_millis(milliseconds)
            })
        }
    }

    #[test]
    fn what_comes_fast_reads_the_clock_now_and_then() {
        let worn = Worn::new();
        let periods: Vec<_> = (1_000..5_000)
            .flat_map(|at| [worn.period_at(at), worn.period_at(at)])
            .collect();
        // 8 milliseconds late at most.
        let expected = (1_000..5_000_u32).flat_map(|at| [at, at]);
        for (period, at) in periods.into_iter().zip(expected) {
            assert!((at - 8) / 1_000 <= period && period <= at / 1_000, "{at}");
        }
        assert!((500..=502).contains(&worn.readings.get()));
    }

    #[test]
    fn what_comes_slowly_reads_the_clock_each_time() {
        let worn = Worn::new();
        let periods: Vec<_> = (1..=100)
            .map(|number| worn.period_at(100 * number))
            .collect();
        let expected: Vec<_> = (1..=100).map(|number| number / 10).collect();
        assert_eq!((periods, worn.readings.get()), (expected, 100));
    }

    #[test]
    fn after_a_look_the_clock_is_read() {
        let worn = Worn::new();
        assert!((0..20).all(|_| worn.period_at(0) == 0));
        assert_eq!(worn.period_at(9_000), 0);
        worn.watch.end_reading();
        assert_eq!(worn.period_at(9_000), 9);
    }
}
