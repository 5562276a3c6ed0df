use metrics::CounterFn;

use crate::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// A total that somebody else adds up, as a float.
#[derive(Debug)]
pub(crate) struct TotalCell {
    /// The bits of the float, which is not negative: they are in the order of the floats.
    bits: AtomicU64,
}

impl TotalCell {
    pub(crate) fn new() -> Self {
        Self {
            bits: AtomicU64::new(0.0_f64.to_bits()),
        }
    }

    pub(crate) fn total(&self) -> f64 {
        f64::from_bits(self.bits.load(Relaxed))
    }

    /// Never lowers the total.
    pub(crate) fn raise(&self, total: f64) {
        if total.is_finite() && total > 0.0 {
            self.bits.fetch_max(total.to_bits(), Relaxed);
        }
    }
}

/// For who counts by the facade what somebody else measures.
impl CounterFn for TotalCell {
    fn increment(&self, value: u64) {
        let add = |bits| Some((f64::from_bits(bits) + value as f64).to_bits());
        // It never refuses.
        let _ = self.bits.fetch_update(Relaxed, Relaxed, add);
    }

    fn absolute(&self, value: u64) {
        self.raise(value as f64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_total_is_raised_and_never_lowered() {
        let cell = TotalCell::new();
        let totals = [0.25, 1.5, 1.25, -2.0, f64::NAN, f64::INFINITY, 1e9, 3.0];
        let seen = totals.map(|total| {
            cell.raise(total);
            cell.total()
        });
        assert_eq!(seen, [0.25, 1.5, 1.5, 1.5, 1.5, 1.5, 1e9, 1e9]);
    }

    #[test]
    fn what_is_counted_is_added() {
        let cell = TotalCell::new();
        cell.raise(0.5);
        cell.increment(2);
        assert_eq!(cell.total(), 2.5);
        cell.absolute(2);
        assert_eq!(cell.total(), 2.5);
        cell.absolute(3);
        assert_eq!(cell.total(), 3.0);
    }
}
