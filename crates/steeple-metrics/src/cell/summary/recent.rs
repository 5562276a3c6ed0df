//! A count that forgets.

use crate::{
    cell::stripes::Stripe,
    summary::PERIODS,
    sync::atomic::{AtomicU64, Ordering::Relaxed},
};

/// How often something happened in each of the last periods.
///
/// The words are of a stripe's. Each has the number of its period in the high half and the count, which goes up to 2^32 - 1, in the low one. So
/// nobody has to clear a word before it is used for another period: the first who counts there does both at once.
#[derive(Debug, Default)]
pub(super) struct Recent([AtomicU64; PERIODS]);

impl Recent {
    /// Counts `amount` in `period`, or in a later one if others are there already.
    #[inline]
    pub(super) fn add(&self, period: u32, amount: u64, stripe: &Stripe<'_>) {
        let word = &self.0[period as usize % PERIODS];
        stripe.update(word, |known| added(known, period, amount));
    }

    /// The count of the window that ends with `period`.
    pub(super) fn count(&self, period: u32) -> u64 {
        let words = self.0.iter().map(|word| split(word.load(Relaxed)));
        // Without a branch: which words are recent is anybody's guess.
        let recent = |of| u64::from(age(of, period) < PERIODS as i32);
        words.map(|(of, count)| recent(of) * count).sum()
    }
}

fn added(known: u64, period: u32, amount: u64) -> u64 {
    let (of, count) = split(known);
    let (of, count) = if age(of, period) > 0 {
        (period, 0)
    } else {
        (of, count)
    };
    let count = count.saturating_add(amount).min(u64::from(u32::MAX));
    u64::from(of) << u32::BITS | count
}

/// How many periods one is before `period`.
fn age(of: u32, period: u32) -> i32 {
    period.wrapping_sub(of).cast_signed()
}

fn split(word: u64) -> (u32, u64) {
    ((word >> u32::BITS) as u32, word & u64::from(u32::MAX))
}

#[cfg(all(test, not(loom)))]
mod tests {
    use std::thread;

    use super::*;
    use crate::cell::stripes::Stripes;

    /// Adds as one of the threads that share a stripe.
    fn add(recent: &Recent, period: u32, amount: u64) {
        recent.add(period, amount, &Stripes::new(0).local());
    }

    #[test]
    fn what_was_three_periods_ago_is_forgotten() {
        let recent = Recent::default();
        for period in 0..6 {
            add(&recent, period, 10_u64.pow(period));
        }
        let counts = [5, 6, 7, 8, 9].map(|period| recent.count(period));
        assert_eq!(counts, [111_000, 110_000, 100_000, 0, 0]);
    }

    #[test]
    fn who_is_late_takes_nothing_from_a_later_period() {
        let recent = Recent::default();
        add(&recent, 3, 5);
        add(&recent, 0, 1);
        assert_eq!(recent.count(3), 6);
    }

    #[test]
    fn a_count_that_is_full_stays_so() {
        let recent = Recent::default();
        add(&recent, 1, u64::MAX);
        add(&recent, 1, 1);
        assert_eq!((recent.count(1), recent.count(4)), (u64::from(u32::MAX), 0));
    }

    #[test]
    fn threads_that_begin_a_period_together_lose_nothing() {
        let recent = Recent::default();
        for period in 0..200 {
            thread::scope(|scope| {
                for _ in 0..4 {
                    scope.spawn(|| (0..50).for_each(|_| add(&recent, period, 1)));
                }
            });
            assert_eq!(recent.count(period), 200 * u64::from(period.min(2) + 1));
        }
    }
}

#[cfg(all(test, loom))]
mod under_loom {
    use std::sync::Arc;

    use loom::thread;

    use super::*;
    use crate::{cell::stripes::Stripes, sync::model};

    /// Adds as one of the threads that share a stripe.
    fn add(recent: &Recent, period: u32, amount: u64) {
        recent.add(period, amount, &Stripes::new(0).local());
    }

    #[test]
    fn whoever_begins_a_period_takes_nothing_from_it() {
        model(|| {
            let recent = Arc::new(Recent::default());
            add(&recent, 0, 100);
            let others: Vec<_> = [0, 3]
                .into_iter()
                .map(|period| {
                    let recent = Arc::clone(&recent);
                    thread::spawn(move || add(&recent, period, 1))
                })
                .collect();
            add(&recent, 3, 10);
            assert!([10, 11, 12].contains(&recent.count(3)));
            others.into_iter().for_each(|other| other.join().unwrap());
            // Who came late to the first period counts in the last one, or not at all any more.
            assert!([11, 12].contains(&recent.count(3)));
        });
    }
}
