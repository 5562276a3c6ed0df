use std::sync::Arc;

use metrics::{CounterFn, HistogramFn};

use super::{
    CounterCell,
    exemplars::Exemplars,
    stripes::{Stripe, Stripes},
};
use crate::{HistogramSnapshot, bounds::Bounds, histograms::HistogramShape};

/// The word that holds the sum; the buckets follow.
const SUM: usize = 0;
const FIRST_BUCKET: usize = 1;

/// A count per bucket and a sum, per stripe. The number of observations is the sum of the buckets, so
/// that the two can never disagree.
#[derive(Debug)]
pub(crate) struct HistogramCell {
    stripes: Stripes,
    bounds: Arc<Bounds>,
    /// Counts the NaNs.
    refused: Arc<CounterCell>,
    exemplars: Option<Exemplars>,
}

impl HistogramCell {
    pub(crate) fn new(shape: HistogramShape, refused: Arc<CounterCell>) -> Self {
        Self {
            stripes: Stripes::new(FIRST_BUCKET + shape.bounds.buckets()),
            exemplars: shape.exemplars.map(Exemplars::new),
            bounds: shape.bounds,
            refused,
        }
    }

    pub(crate) fn count(&self) -> u64 {
        self.stripes.iter().fold(0, |count, stripe| {
            self.words()
                .fold(count, |count, word| count.wrapping_add(stripe.get(word)))
        })
    }

    pub(crate) fn snapshot(&self) -> HistogramSnapshot {
        let mut snapshot = HistogramSnapshot::empty(&self.bounds);
        self.fill(&mut snapshot);
        snapshot
    }

    /// Takes a snapshot in the place, and with the memory, of the last one.
    pub(crate) fn snapshot_into<'a>(
        &self,
        last: &'a mut Option<HistogramSnapshot>,
    ) -> &'a HistogramSnapshot {
        let snapshot = last.get_or_insert_with(|| HistogramSnapshot::empty(&self.bounds));
        self.fill(snapshot);
        snapshot
    }

    /// Fills a snapshot, whatever it holds, without memory beyond its own once it was filled.
    fn fill(&self, snapshot: &mut HistogramSnapshot) {
        snapshot.clear(&self.bounds);
        for stripe in self.stripes.iter() {
            snapshot.sum += f64::from_bits(stripe.get(SUM));
            for (bucket, word) in snapshot.buckets.iter_mut().zip(self.words()) {
                *bucket = bucket.wrapping_add(stripe.get(word));
            }
        }
        let exemplars = self.exemplars.iter().flat_map(Exemplars::read);
        snapshot.exemplars.extend(exemplars);
    }

    fn words(&self) -> impl Iterator<Item = usize> + use<> {
        FIRST_BUCKET..FIRST_BUCKET + self.bounds.buckets()
    }

    #[cold]
    fn refuse(&self, count: u64) {
        self.refused.increment(count);
    }

    #[inline(always)]
    fn observe(&self, value: f64, count: u64, sum: f64) {
        match self.stripes.own() {
            Some(stripe) => self.observe_in(stripe, value, count, sum),
            None => self.observe_shared(value, count, sum),
        }
    }

    #[inline(never)]
    fn observe_shared(&self, value: f64, count: u64, sum: f64) {
        self.observe_in(self.stripes.local(), value, count, sum);
    }

    #[inline(always)]
    fn observe_in(&self, stripe: Stripe<'_>, value: f64, count: u64, sum: f64) {
        let Some(bucket) = self.bounds.bucket(value) else {
            return self.refuse(count);
        };
        stripe.add_float(SUM, sum);
        let total = stripe.add(FIRST_BUCKET + bucket, count);
        if let Some(exemplars) = &self.exemplars {
            exemplars.offer(bucket, value, total, count);
        }
    }
}

impl HistogramFn for HistogramCell {
    #[inline]
    fn record(&self, value: f64) {
        self.observe(value, 1, value);
    }

    fn record_many(&self, value: f64, count: usize) {
        if count > 0 {
            self.observe(value, count as u64, value * count as f64);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    fn cell(bounds: &[f64]) -> HistogramCell {
        HistogramCell::new(
            HistogramShape {
                bounds: Arc::new(Bounds::new(bounds).unwrap()),
                native: None,
                exemplars: None,
            },
            Arc::new(CounterCell::new()),
        )
    }

    #[test]
    fn observations_land_in_their_buckets() {
        let cell = cell(&[1.0, 2.0]);
        cell.record(0.5);
        cell.record_many(1.5, 3);
        cell.record_many(f64::INFINITY, 0);
        cell.record(9.0);
        let snapshot = cell.snapshot();
        assert_eq!(snapshot.buckets(), [1, 3, 1]);
        assert_eq!((snapshot.count(), snapshot.sum()), (5, 14.0));
    }

    #[test]
    fn a_nan_is_refused_and_counted() {
        let cell = cell(&[1.0]);
        cell.record(f64::NAN);
        cell.record_many(f64::NAN, 4);
        cell.record(2.0);
        assert_eq!((cell.count(), cell.snapshot().sum()), (1, 2.0));
        assert_eq!(cell.refused.total(), 5);
    }

    #[test]
    fn observations_of_all_threads_add_up() {
        let cell = cell(&[0.5, 1.5, 2.5]);
        thread::scope(|scope| {
            for thread in 0..12 {
                let cell = &cell;
                scope.spawn(move || (0..1_000).for_each(|_| cell.record(f64::from(thread % 3))));
            }
        });
        let snapshot = cell.snapshot();
        assert_eq!(snapshot.buckets(), [4_000, 4_000, 4_000, 0]);
        assert_eq!(snapshot.sum(), 12_000.0);
    }
}

#[cfg(all(test, loom))]
mod under_loom {
    use loom::thread;

    use super::*;
    use crate::sync::model;

    #[test]
    fn a_snapshot_counts_what_was_recorded_before_and_nothing_twice() {
        model(|| {
            let shape = HistogramShape {
                bounds: Arc::new(Bounds::none()),
                native: None,
                exemplars: None,
            };
            let cell = Arc::new(HistogramCell::new(shape, Arc::new(CounterCell::new())));
            cell.record(1.0);
            let others: Vec<_> = (0..2)
                .map(|_| {
                    let cell = Arc::clone(&cell);
                    thread::spawn(move || cell.record(2.0))
                })
                .collect();
            let seen = cell.snapshot();
            assert!((1..=3).contains(&seen.count()) && [1.0, 3.0, 5.0].contains(&seen.sum()));
            others.into_iter().for_each(|other| other.join().unwrap());
            let seen = cell.snapshot();
            assert_eq!((seen.count(), cell.count(), seen.sum()), (3, 3, 5.0));
        });
    }
}
