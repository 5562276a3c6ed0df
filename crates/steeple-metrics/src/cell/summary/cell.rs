use std::sync::Arc;

use metrics::{CounterFn, HistogramFn};

use once_cell::race::OnceBox;

use super::{last::Last, sketch::Sketch};
use crate::{
    SummarySnapshot,
    cell::{
        CounterCell,
        ownership::{SHARED, STRIPES},
        stripes::{Stripe, Stripes},
    },
    histograms::SummaryShape,
    summary::{Quantiles, Rolling},
};

/// The words that hold the sum and the number of all observations.
const SUM: usize = 0;
const COUNT: usize = 1;

/// A sum, a count and the distribution of the latest observations, per stripe.
#[derive(Debug)]
pub(crate) struct SummaryCell {
    totals: Stripes,
    /// One for all stripes that are shared, and one for each of the others.
    latest: Box<[OnceBox<Sketch>]>,
    last: Last,
    rolling: Rolling,
    quantiles: Arc<Quantiles>,
    /// Counts the NaNs.
    refused: Arc<CounterCell>,
}

impl SummaryCell {
    pub(crate) fn new(shape: SummaryShape, refused: Arc<CounterCell>) -> Self {
        Self {
            totals: Stripes::new(2),
            latest: (SHARED - 1..*STRIPES).map(|_| OnceBox::new()).collect(),
            last: Last::of(shape.quantiles.values().len()),
            rolling: Rolling::new(shape.window),
            quantiles: shape.quantiles,
            refused,
        }
    }

    pub(crate) fn count(&self) -> u64 {
        self.totals.iter().fold(0, |count, stripe| {
            count.wrapping_add(stripe.get_published(COUNT))
        })
    }

    /// Reads from all memory that a look reads.
    pub(crate) fn touch(&self) -> u64 {
        let latest = self.latest.iter().filter_map(OnceBox::get);
        latest.fold(self.count(), |seen, sketch| seen ^ sketch.watch.touch())
    }

    pub(crate) fn snapshot(&self) -> SummarySnapshot {
        self.filled(self.blank_snapshot())
    }

    /// Takes a snapshot in the place, and with the memory, of the last one.
    pub(crate) fn snapshot_into<'a>(
        &self,
        last: &'a mut Option<SummarySnapshot>,
    ) -> &'a SummarySnapshot {
        let snapshot = last.take().unwrap_or_else(|| self.blank_snapshot());
        last.insert(self.filled(snapshot))
    }

    fn blank_snapshot(&self) -> SummarySnapshot {
        SummarySnapshot {
            quantiles: Arc::clone(&self.quantiles),
            values: Vec::new(),
            sum: 0.0,
            count: 0,
        }
    }

    fn filled(&self, mut snapshot: SummarySnapshot) -> SummarySnapshot {
        snapshot.quantiles.clone_from(&self.quantiles);
        // Before the sketches: what it counts is in them.
        snapshot.count = self.count();
        let sums = self.totals.iter();
        snapshot.sum = sums.map(|stripe| f64::from_bits(stripe.get(SUM))).sum();
        let latest = self.latest.iter().filter_map(OnceBox::get);
        latest.clone().for_each(|sketch| sketch.watch.end_reading());
        let (quantiles, now) = (self.quantiles.values(), self.rolling.now());
        let values = &mut snapshot.values;
        (self.last).quantiles_into(values, quantiles, latest, now, snapshot.count);
        snapshot
    }

    #[cold]
    fn refuse(&self, count: u64) {
        self.refused.increment(count);
    }

    #[inline(always)]
    fn observe(&self, value: f64, count: u64, sum: f64) {
        match self.totals.own() {
            Some(stripe) => self.observe_in(&stripe, value, count, sum),
            None => self.observe_shared(value, count, sum),
        }
    }

    #[inline(never)]
    fn observe_shared(&self, value: f64, count: u64, sum: f64) {
        self.observe_in(&self.totals.local(), value, count, sum);
    }

    #[inline(always)]
    fn observe_in(&self, stripe: &Stripe<'_>, value: f64, count: u64, sum: f64) {
        if value.is_nan() {
            return self.refuse(count);
        }
        stripe.add_float(SUM, sum);
        let latest = &self.latest[stripe.index().saturating_sub(SHARED - 1)];
        let latest = latest.get_or_init(Box::default);
        let period = if stripe.is_owned() {
            latest.watch.period(&self.rolling, || self.rolling.age())
        } else {
            self.rolling.now()
        };
        latest.add(value, period, count, stripe);
        stripe.publish(COUNT, count);
    }
}

impl HistogramFn for SummaryCell {
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

#[cfg(all(test, not(loom)))]
mod tests {
    use std::thread;

    use super::*;
    use crate::summary::DEFAULT_WINDOW;

    fn cell(quantiles: &[f64]) -> SummaryCell {
        let shape = SummaryShape {
            quantiles: Arc::new(Quantiles::new(quantiles).expect("quantiles")),
            window: DEFAULT_WINDOW,
        };
        SummaryCell::new(shape, Arc::new(CounterCell::new()))
    }

    #[test]
    fn sum_and_count_are_exact_and_quantiles_close() {
        let cell = cell(&[0.5, 0.0]);
        cell.record(0.25);
        cell.record_many(4.0, 2);
        cell.record_many(9.0, 0);
        let snapshot = cell.snapshot();
        assert_eq!((snapshot.count(), snapshot.sum()), (3, 8.25));
        let quantile = |quantile| snapshot.quantile(quantile).unwrap();
        assert!((quantile(0.5) / 4.0 - 1.0).abs() < 0.0055);
        assert!((quantile(0.0) / 0.25 - 1.0).abs() < 0.0055);
        assert_eq!(snapshot.quantile(0.9), None);
    }

    #[test]
    fn a_nan_is_refused_and_counted() {
        let cell = cell(&[0.5]);
        cell.record_many(f64::NAN, 4);
        assert_eq!((cell.count(), cell.refused.total()), (0, 4));
        assert!(cell.snapshot().quantile(0.5).unwrap().is_nan());
    }

    #[test]
    fn a_snapshot_in_the_place_of_another_is_its_own() {
        let (first, second) = (cell(&[0.1, 0.9]), cell(&[0.5]));
        first.record(1.0);
        second.record_many(2.0, 2);
        let mut last = None;
        first.snapshot_into(&mut last);
        let snapshot = second.snapshot_into(&mut last);
        let quantiles: Vec<_> = snapshot.quantiles().collect();
        assert!(quantiles.len() == 1 && quantiles[0].0 == 0.5);
        assert_eq!((snapshot.count(), snapshot.sum()), (2, 4.0));
    }

    #[test]
    fn observations_of_all_threads_add_up_while_somebody_looks() {
        let cell = cell(&[0.5]);
        thread::scope(|scope| {
            for thread in 0..4 {
                let cell = &cell;
                scope.spawn(move || (0..5_000).for_each(|_| cell.record(f64::from(thread))));
            }
            for _ in 0..100 {
                cell.snapshot();
            }
        });
        let snapshot = cell.snapshot();
        assert_eq!((snapshot.count(), snapshot.sum()), (20_000, 30_000.0));
        assert!((snapshot.quantile(0.5).unwrap() - 1.0).abs() < 0.0055);
    }
}
