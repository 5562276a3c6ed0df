use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use metrics::GaugeFn;

use super::stripes::add_float;

/// A float's bits in one cell: a sum over stripes read one by one could show a value that never was.
#[derive(Debug)]
pub(crate) struct GaugeCell(AtomicU64);

impl GaugeCell {
    pub(crate) fn new() -> Self {
        Self(AtomicU64::new(0.0_f64.to_bits()))
    }

    pub(crate) fn value(&self) -> f64 {
        f64::from_bits(self.0.load(Relaxed))
    }
}

impl GaugeFn for GaugeCell {
    #[inline]
    fn increment(&self, value: f64) {
        add_float(&self.0, value);
    }

    #[inline]
    fn decrement(&self, value: f64) {
        add_float(&self.0, -value);
    }

    #[inline]
    fn set(&self, value: f64) {
        self.0.store(value.to_bits(), Relaxed);
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
