use thiserror::Error;

use crate::number;

/// Which quantiles a summary tells, the lowest first.
#[derive(Debug)]
pub(crate) struct Quantiles {
    values: Box<[f64]>,
    /// The `quantile` label of each.
    labels: Box<[Box<str>]>,
}

impl Quantiles {
    pub(crate) fn new(quantiles: &[f64]) -> Result<Self, QuantilesError> {
        if quantiles.is_empty() {
            return Err(QuantilesError::Empty);
        }
        if let Some(&value) = quantiles.iter().find(|value| !(0.0..=1.0).contains(*value)) {
            return Err(QuantilesError::OutOfRange { value });
        }
        // A negative zero would have a label of its own.
        let mut values: Vec<_> = quantiles.iter().map(|value| value.abs()).collect();
        values.sort_unstable_by(f64::total_cmp);
        if let Some(pair) = values.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(QuantilesError::Repeated { value: pair[0] });
        }
        let labels = values.iter().map(|value| {
            let mut text = String::new();
            number::push_float(&mut text, *value);
            text.into()
        });
        Ok(Self {
            labels: labels.collect(),
            values: values.into(),
        })
    }

    pub(crate) fn values(&self) -> &[f64] {
        &self.values
    }

    pub(crate) fn labels(&self) -> &[Box<str>] {
        &self.labels
    }
}

/// Why quantiles were refused.
#[derive(Debug, Error, PartialEq)]
#[non_exhaustive]
pub enum QuantilesError {
    /// There is no quantile.
    #[error("no quantiles are given: give at least one")]
    Empty,
    /// It is no quantile.
    #[error("quantile {value} is not from 0 to 1: the 99th percentile is 0.99")]
    OutOfRange {
        /// What was given.
        value: f64,
    },
    /// A quantile is there twice.
    #[error("quantile {value} is given twice: give it once")]
    Repeated {
        /// The quantile.
        value: f64,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_sorted() {
        let quantiles = Quantiles::new(&[1.0, 0.999, -0.0, 0.5]).unwrap();
        assert_eq!(quantiles.values(), [0.0, 0.5, 0.999, 1.0]);
        let labels: Vec<_> = quantiles.labels().iter().map(|label| &**label).collect();
        assert_eq!(labels, ["0", "0.5", "0.999", "1"]);
    }

    #[test]
    fn what_is_no_quantile_is_named() {
        assert_eq!(Quantiles::new(&[]).unwrap_err(), QuantilesError::Empty);
        assert!(matches!(
            Quantiles::new(&[f64::NAN]),
            Err(QuantilesError::OutOfRange { .. })
        ));
        assert_eq!(
            Quantiles::new(&[0.5, 99.0]).unwrap_err().to_string(),
            "quantile 99 is not from 0 to 1: the 99th percentile is 0.99"
        );
        assert_eq!(
            Quantiles::new(&[0.5, 0.9, 0.5]).unwrap_err().to_string(),
            "quantile 0.5 is given twice: give it once"
        );
    }
}
