use std::sync::Arc;

use super::Quantiles;

/// The quantiles of a histogram's latest observations, and how many there were in all.
#[derive(Debug, Clone)]
pub struct SummarySnapshot {
    pub(crate) quantiles: Arc<Quantiles>,
    /// One for each quantile.
    pub(crate) values: Vec<f64>,
    pub(crate) sum: f64,
    pub(crate) count: u64,
}

impl SummarySnapshot {
    /// Each quantile, from 0 to 1, the lowest first, and the value that this part of the observations within the
    /// [window](crate::Builder::summary_window) did not exceed; NaN if there was none. Values are right within 0.6 %.
    pub fn quantiles(&self) -> impl Iterator<Item = (f64, f64)> {
        let quantiles = self.quantiles.values().iter().copied();
        quantiles.zip(self.values.iter().copied())
    }

    /// The value of one of the quantiles that the metric tells.
    #[must_use]
    pub fn quantile(&self, quantile: f64) -> Option<f64> {
        let mut told = self.quantiles();
        told.find_map(|(known, value)| (known == quantile).then_some(value))
    }

    /// Whether the sum may go down: there are values below zero.
    pub(crate) fn may_fall(&self) -> bool {
        self.values.first().is_some_and(|lowest| *lowest < 0.0)
    }

    /// The values with the text of their `quantile` labels.
    pub fn labelled(&self) -> impl Iterator<Item = (&str, f64)> {
        let labels = self.quantiles.labels().iter().map(AsRef::as_ref);
        labels.zip(self.values.iter().copied())
    }

    /// The number of all observations ever made.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The sum of all observations ever made.
    #[must_use]
    pub fn sum(&self) -> f64 {
        self.sum
    }
}
