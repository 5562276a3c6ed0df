//! What a summary told last.

use std::sync::{Mutex, PoisonError};

use super::sketch::{self, Sketch};

/// The quantiles that were told last. They are worked out again only if that may change them.
#[derive(Debug)]
pub(super) struct Last(Mutex<Told>);

#[derive(Debug)]
struct Told {
    values: Vec<f64>,
    /// In which period.
    period: u32,
    /// How many observations there had been by then.
    count: u64,
}

impl Last {
    /// Has room for so many quantiles, so that no look takes memory.
    pub(super) fn of(quantiles: usize) -> Self {
        Self(Mutex::new(Told {
            values: Vec::with_capacity(quantiles),
            period: 0,
            count: 0,
        }))
    }

    /// Writes the values of these quantiles in the window that ends with `period`, `count` observations having been made at least.
    pub(super) fn quantiles_into<'a>(
        &self,
        values: &mut Vec<f64>,
        quantiles: &[f64],
        sketches: impl Iterator<Item = &'a Sketch> + Clone,
        period: u32,
        count: u64,
    ) {
        let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !told.holds(period, count) {
            sketch::quantiles_into(&mut told.values, quantiles, sketches, period);
            (told.period, told.count) = (period, count);
        }
        values.clone_from(&told.values);
    }
}

impl Told {
    /// Whether that is what it would tell now. A window that is empty stays so until there is an observation.
    fn holds(&self, period: u32, count: u64) -> bool {
        let is_empty = || self.values.iter().all(|value| value.is_nan());
        let is_told = !self.values.is_empty() && self.count == count;
        is_told && (self.period == period || is_empty())
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use crate::cell::stripes::Stripes;

    #[test]
    fn what_is_told_changes_with_the_observations_and_with_time() {
        let (last, sketch) = (Last::of(1), Sketch::default());
        let add = |value, period| sketch.add(value, period, 1, &Stripes::new(0).local());
        let median = |period, count| {
            let mut values = Vec::new();
            last.quantiles_into(&mut values, &[0.5], [&sketch].into_iter(), period, count);
            values[0]
        };
        let is = |told: f64, exact: f64| (told / exact - 1.0).abs() < 0.0055;
        assert!(median(0, 0).is_nan());
        add(1.0, 0);
        assert!(is(median(0, 1), 1.0));
        add(9.0, 2);
        add(9.0, 2);
        assert!(is(median(2, 3), 9.0));
        assert!(median(5, 3).is_nan());
        add(4.0, 6);
        assert!(is(median(6, 4), 4.0));
    }

    #[test]
    fn what_cannot_have_changed_is_not_worked_out_again() {
        let (last, sketch) = (Last::of(1), Sketch::default());
        let add = |value, period| sketch.add(value, period, 1, &Stripes::new(0).local());
        let median = |period, count| {
            let mut values = Vec::new();
            last.quantiles_into(&mut values, &[0.5], [&sketch].into_iter(), period, count);
            values[0]
        };
        assert!(median(0, 0).is_nan());
        // Not counted, it is not looked for: neither now nor later.
        add(1.0, 0);
        assert!(median(0, 0).is_nan() && median(1, 0).is_nan());
        assert!(!median(1, 1).is_nan());
    }
}
