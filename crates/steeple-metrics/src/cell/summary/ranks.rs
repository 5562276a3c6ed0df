/// Finds quantiles on a way past all observations, from the lowest values to the highest.
pub(super) struct Ranks<'a> {
    /// Those of the quantiles that were found.
    values: &'a mut Vec<f64>,
    quantiles: &'a [f64],
    total: u64,
    passed: u64,
    /// How many observations are below the next quantile; more than there are, if there is none.
    next: u64,
}

impl<'a> Ranks<'a> {
    /// For quantiles that are sorted, of so many observations in all.
    pub(super) fn new(values: &'a mut Vec<f64>, quantiles: &'a [f64], total: u64) -> Self {
        values.clear();
        let mut ranks = Self {
            values,
            quantiles,
            total,
            passed: 0,
            next: 0,
        };
        ranks.next = ranks.next_rank();
        ranks
    }

    /// Passes so many observations, unless a quantile is among them; tells whether it did.
    pub(super) fn skip(&mut self, count: u64) -> bool {
        let passed = self.passed + count;
        let skips = self.next >= passed;
        if skips {
            self.passed = passed;
        }
        skips
    }

    /// Passes so many observations with the same value.
    pub(super) fn pass(&mut self, count: u64, value: impl Fn() -> f64) {
        self.passed += count;
        while self.next < self.passed {
            self.values.push(value());
            self.next = self.next_rank();
        }
    }

    /// Ends the way, where fewer observations may have been than there were at first.
    pub(super) fn end(self) {
        let last = self.values.last().copied().unwrap_or(f64::NAN);
        self.values.resize(self.quantiles.len(), last);
    }

    fn next_rank(&self) -> u64 {
        let next = self.quantiles.get(self.values.len());
        next.map_or(u64::MAX, |quantile| {
            (quantile * self.total.saturating_sub(1) as f64) as u64
        })
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn a_quantile_is_the_value_of_the_observation_at_its_rank() {
        let mut values = vec![7.0];
        let mut ranks = Ranks::new(&mut values, &[0.0, 0.5, 0.5, 1.0], 5);
        assert!(!ranks.skip(2));
        ranks.pass(1, || 1.0);
        assert!(ranks.skip(1));
        ranks.pass(2, || 2.0);
        assert!(!ranks.skip(1));
        ranks.pass(1, || 3.0);
        ranks.end();
        assert_eq!(values, [1.0, 2.0, 2.0, 3.0]);
    }

    #[test]
    fn what_is_not_there_any_more_is_taken_for_the_last_value() {
        let mut values = Vec::new();
        let mut ranks = Ranks::new(&mut values, &[0.0, 1.0], 9);
        ranks.pass(2, || 1.0);
        ranks.end();
        assert_eq!(values, [1.0, 1.0]);
        let ranks = Ranks::new(&mut values, &[0.5], 0);
        ranks.end();
        assert!(values.len() == 1 && values[0].is_nan());
    }
}
