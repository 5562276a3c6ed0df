use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use metrics::GaugeFn;

use super::stripes::Stripes;

/// How often a reader starts again when writers came in between. Each time takes nanoseconds, and a calm moment of that
/// length comes soon.
const READS: usize = 1_000;

/// A float: what was set, and what was added per stripe.
#[derive(Debug)]
pub(crate) struct GaugeCell {
    stripes: Stripes,
    /// The bits of the value set last, less what the stripes held then.
    base: AtomicU64,
}

impl GaugeCell {
    pub(crate) fn new() -> Self {
        Self {
            stripes: Stripes::new(1),
            base: AtomicU64::new(0.0_f64.to_bits()),
        }
    }

    /// The value at one moment.
    ///
    /// What one thread adds another may take away, so a sum over stripes that change while they are read could be a
    /// value that never was. Two equal readings in a row are taken for one moment's.
    pub(crate) fn value(&self) -> f64 {
        let mut value = self.read();
        for _ in 0..READS {
            let again = self.read();
            if again.to_bits() == value.to_bits() {
                break;
            }
            value = again;
        }
        // Of what was added and taken away again, no negative zero shall be left.
        value + 0.0
    }

    fn read(&self) -> f64 {
        f64::from_bits(self.base.load(Relaxed)) + self.added()
    }

    fn added(&self) -> f64 {
        self.stripes
            .iter()
            .map(|stripe| f64::from_bits(stripe.get(0)))
            .sum()
    }
}

impl GaugeFn for GaugeCell {
    #[inline]
    fn increment(&self, value: f64) {
        self.stripes.local().add_float(0, value);
    }

    #[inline]
    fn decrement(&self, value: f64) {
        self.increment(-value);
    }

    #[inline]
    fn set(&self, value: f64) {
        self.base.store((value - self.added()).to_bits(), Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    #[test]
    fn a_gauge_in_use_by_many_threads_comes_back_to_zero() {
        let cell = GaugeCell::new();
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..5_000 {
                        cell.increment(1.0);
                        assert!((1.0..=8.0).contains(&cell.value()));
                        cell.decrement(1.0);
                    }
                });
            }
        });
        assert_eq!(cell.value(), 0.0);
        assert!(cell.value().is_sign_positive());
    }

    #[test]
    fn set_replaces_the_value() {
        let cell = GaugeCell::new();
        cell.increment(4.0);
        cell.set(-2.5);
        assert_eq!(cell.value(), -2.5);
    }
}
