use metrics::CounterFn;

use super::stripes::Stripes;
use crate::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// A total, counted per stripe.
#[derive(Debug)]
pub(crate) struct CounterCell {
    stripes: Stripes,
    /// What [`absolute`](CounterFn::absolute) put on top of the increments.
    base: AtomicU64,
}

impl CounterCell {
    pub(crate) fn new() -> Self {
        Self {
            stripes: Stripes::new(1),
            base: AtomicU64::new(0),
        }
    }

    pub(crate) fn total(&self) -> u64 {
        self.base.load(Relaxed).wrapping_add(self.incremented())
    }

    #[inline(never)]
    fn add_shared(&self, value: u64) {
        self.stripes.local().add(0, value);
    }

    fn incremented(&self) -> u64 {
        self.stripes
            .iter()
            .fold(0, |sum, stripe| sum.wrapping_add(stripe.get(0)))
    }
}

impl CounterFn for CounterCell {
    #[inline]
    fn increment(&self, value: u64) {
        match self.stripes.own() {
            Some(stripe) => {
                stripe.add(0, value);
            }
            None => self.add_shared(value),
        }
    }

    fn absolute(&self, value: u64) {
        self.base
            .fetch_max(value.saturating_sub(self.incremented()), Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    #[test]
    fn increments_of_all_threads_add_up() {
        let cell = CounterCell::new();
        thread::scope(|scope| {
            for _ in 0..16 {
                scope.spawn(|| (0..1_000).for_each(|_| cell.increment(3)));
            }
        });
        assert_eq!(cell.total(), 48_000);
    }

    #[test]
    fn absolute_raises_the_total_and_never_lowers_it() {
        let cell = CounterCell::new();
        cell.increment(5);
        cell.absolute(100);
        assert_eq!(cell.total(), 100);
        cell.increment(1);
        cell.absolute(50);
        assert_eq!(cell.total(), 101);
        cell.absolute(150);
        assert_eq!(cell.total(), 150);
    }
}
