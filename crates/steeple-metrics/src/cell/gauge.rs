use std::sync::Arc;

use metrics::{CounterFn, GaugeFn};

use super::{CounterCell, stripes::Stripes};
use crate::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// How often a reader starts again when writers came in between. Each time takes nanoseconds, and a calm moment of that
/// length comes soon.
const READS: usize = 1_000;

/// What [`GaugeCell::single`] holds until the first `set`: the bits of a NaN that nothing computes.
const STRIPED: u64 = u64::MAX;

/// A float.
///
/// It is added to per stripe until somebody sets it. From then on it is a single word: only so is what was set exact,
/// whatever was added before and is added meanwhile. What still goes to a stripe while another thread sets the gauge
/// counts as added before.
#[derive(Debug)]
pub(crate) struct GaugeCell {
    stripes: Stripes,
    /// The bits of the value, or [`STRIPED`].
    single: AtomicU64,
    /// Counts the changes that are not finite: one of them would spoil the sum for good.
    refused: Arc<CounterCell>,
}

impl GaugeCell {
    pub(crate) fn new(refused: Arc<CounterCell>) -> Self {
        Self {
            stripes: Stripes::new(1),
            single: AtomicU64::new(STRIPED),
            refused,
        }
    }

    pub(crate) fn value(&self) -> f64 {
        match self.single.load(Relaxed) {
            STRIPED => self.settled_sum(),
            bits => f64::from_bits(bits),
        }
    }

    /// The sum of the stripes at one moment, most likely.
    ///
    /// What one thread adds another may take away, so a sum over stripes that change while they are read could be a
    /// value that never was. Two equal readings in a row are taken for one moment's. That is a guess: the changes between
    /// two wrong readings can make up for each other. In a model with threads that did nothing but change the gauge, some
    /// 2 of 10^6 values were impossible.
    fn settled_sum(&self) -> f64 {
        let mut sum = self.sum();
        for _ in 0..READS {
            let again = self.sum();
            if again.to_bits() == sum.to_bits() {
                break;
            }
            sum = again;
        }
        sum
    }

    fn sum(&self) -> f64 {
        self.stripes
            .iter()
            .map(|stripe| f64::from_bits(stripe.get(0)))
            .sum()
    }

    #[inline(never)]
    fn add_shared(&self, amount: f64) {
        self.stripes.local().add_float(0, amount);
    }

    #[inline(never)]
    fn add_to_single(&self, mut bits: u64, amount: f64) {
        let sum = |bits| (f64::from_bits(bits) + amount).to_bits();
        while let Err(actual) = self
            .single
            .compare_exchange_weak(bits, sum(bits), Relaxed, Relaxed)
        {
            bits = actual;
        }
    }

    #[cold]
    fn refuse(&self) {
        self.refused.increment(1);
    }
}

impl GaugeFn for GaugeCell {
    #[inline]
    fn increment(&self, value: f64) {
        if !value.is_finite() {
            return self.refuse();
        }
        match self.single.load(Relaxed) {
            STRIPED => match self.stripes.own() {
                Some(stripe) => stripe.add_float(0, value),
                None => self.add_shared(value),
            },
            bits => self.add_to_single(bits, value),
        }
    }

    #[inline]
    fn decrement(&self, value: f64) {
        self.increment(-value);
    }

    #[inline]
    fn set(&self, value: f64) {
        // One of the NaNs would read as `STRIPED`.
        let value = if value.is_nan() { f64::NAN } else { value };
        self.single.store(value.to_bits(), Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use std::{
        sync::{atomic::AtomicBool, mpsc},
        thread,
        time::{Duration, Instant},
    };

    use super::*;

    fn cell() -> GaugeCell {
        GaugeCell::new(Arc::new(CounterCell::new()))
    }

    #[test]
    fn a_gauge_in_use_by_many_threads_comes_back_to_zero() {
        let cell = cell();
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..5_000 {
                        cell.increment(1.0);
                        cell.decrement(1.0);
                    }
                });
            }
        });
        assert_eq!(cell.value(), 0.0);
        assert!(cell.value().is_sign_positive());
    }

    #[test]
    fn what_one_thread_adds_and_another_takes_away_is_hardly_ever_misread() {
        const QUEUE: usize = 64;
        // Beside the queue, each thread has one item in its hands.
        let possible = 0.0..=QUEUE as f64 + 2.0;
        let deadline = Instant::now() + Duration::from_secs(5);
        let done = AtomicBool::new(false);
        let (put, take) = mpsc::sync_channel(QUEUE);
        let (cell, done) = (&cell(), &done);
        let (mut torn, mut misread) = (0, 0);
        thread::scope(|scope| {
            scope.spawn(move || {
                while !done.load(Relaxed) {
                    cell.increment(1.0);
                    put.send(()).unwrap();
                }
            });
            scope.spawn(move || take.iter().for_each(|()| cell.decrement(1.0)));
            while torn < 20 && Instant::now() < deadline {
                torn += u32::from(!possible.contains(&cell.sum()));
                misread += u32::from(!possible.contains(&cell.value()));
            }
            done.store(true, Relaxed);
        });
        assert!(4 * misread <= torn, "{misread} values, {torn} sums");
        assert_eq!(cell.value(), 0.0);
    }

    #[test]
    fn what_was_set_is_exact_whatever_was_added_before() {
        let cell = cell();
        cell.increment(1e9);
        cell.set(0.1);
        assert_eq!(cell.value(), 0.1);
        cell.decrement(0.1);
        assert_eq!(cell.value(), 0.0);
        cell.set(-0.0);
        assert!(cell.value().is_sign_negative());
    }

    #[test]
    fn a_gauge_that_is_set_and_incremented_by_many_threads_loses_nothing() {
        let cell = cell();
        cell.set(-2.5);
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (0..5_000).for_each(|_| cell.increment(1.0)));
            }
        });
        assert_eq!(cell.value(), 19_997.5);
    }

    #[test]
    fn a_change_that_is_not_finite_is_refused_and_counted() {
        let cell = cell();
        cell.increment(1.0);
        for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            cell.increment(value);
            cell.decrement(value);
        }
        assert_eq!((cell.value(), cell.refused.total()), (1.0, 6));
    }

    #[test]
    fn any_value_can_be_set_and_replaced() {
        let cell = cell();
        for nan in [f64::NAN, f64::from_bits(STRIPED)] {
            cell.increment(1.0);
            cell.set(nan);
            assert!(cell.value().is_nan());
        }
        cell.set(f64::INFINITY);
        assert_eq!(cell.value(), f64::INFINITY);
        cell.set(1.0);
        assert_eq!(cell.value(), 1.0);
    }
}

#[cfg(all(test, loom))]
mod under_loom {
    use loom::thread;

    use super::*;
    use crate::sync::model;

    fn cell() -> Arc<GaugeCell> {
        Arc::new(GaugeCell::new(Arc::new(CounterCell::new())))
    }

    fn also(
        cell: &Arc<GaugeCell>,
        change: impl FnOnce(&GaugeCell) + Send + 'static,
    ) -> thread::JoinHandle<()> {
        let cell = Arc::clone(cell);
        thread::spawn(move || change(&cell))
    }

    #[test]
    fn a_gauge_that_was_set_loses_nothing_that_is_added_at_once() {
        model(|| {
            let cell = cell();
            cell.set(8.0);
            let other = also(&cell, |cell| cell.increment(1.0));
            cell.decrement(2.0);
            assert!([6.0, 7.0].contains(&cell.value()));
            other.join().unwrap();
            assert_eq!(cell.value(), 7.0);
        });
    }

    #[test]
    fn what_is_added_while_the_gauge_is_set_counts_before_or_after() {
        model(|| {
            let cell = cell();
            cell.increment(4.0);
            let setter = also(&cell, |cell| cell.set(8.0));
            let adder = also(&cell, |cell| cell.increment(1.0));
            assert!([4.0, 5.0, 8.0, 9.0].contains(&cell.value()));
            setter.join().unwrap();
            adder.join().unwrap();
            assert!([8.0, 9.0].contains(&cell.value()));
            cell.increment(1.0);
            assert!([9.0, 10.0].contains(&cell.value()));
        });
    }

    #[test]
    fn of_two_who_set_the_gauge_one_is_last() {
        model(|| {
            let cell = cell();
            cell.increment(1.0);
            let other = also(&cell, |cell| cell.set(f64::NAN));
            cell.set(2.0);
            other.join().unwrap();
            assert!(cell.value() == 2.0 || cell.value().is_nan());
        });
    }
}
