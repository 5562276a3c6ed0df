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

    /// A lower total is a reset.
    pub(crate) fn set(&self, total: f64) {
        if total.is_finite() && total >= 0.0 {
            // Without the sign of a zero.
            self.bits.store(total.abs().to_bits(), Relaxed);
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
        // It never lowers the total.
        self.bits.fetch_max((value as f64).to_bits(), Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_total_is_set_to_what_a_total_can_be() {
        let cell = TotalCell::new();
        let totals = [0.25, 1.5, 1.25, -2.0, f64::NAN, f64::INFINITY, 1e9, -0.0];
        let seen = totals.map(|total| {
            cell.set(total);
            cell.total()
        });
        assert_eq!(seen, [0.25, 1.5, 1.25, 1.25, 1.25, 1.25, 1e9, 0.0]);
        cell.absolute(3);
        assert_eq!(cell.total(), 3.0);
    }

    #[test]
    fn what_is_counted_is_added() {
        let cell = TotalCell::new();
        cell.set(0.5);
        cell.increment(2);
        assert_eq!(cell.total(), 2.5);
        cell.absolute(2);
        assert_eq!(cell.total(), 2.5);
        cell.absolute(3);
        assert_eq!(cell.total(), 3.0);
    }
}
