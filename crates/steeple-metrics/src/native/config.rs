use std::time::Duration;

use thiserror::Error;

use super::index::{COARSEST, FINEST};

/// How a [native histogram](https://prometheus.io/docs/specs/native_histograms/) counts; made by
/// [`NativeConfig::new`] and used with [`Builder::native_histograms`](crate::Builder::native_histograms).
#[derive(Debug, Clone, PartialEq)]
#[must_use = "a configuration does nothing until a registry is built with it"]
pub struct NativeConfig {
    pub(crate) schema: i8,
    pub(crate) max_buckets: usize,
    pub(crate) zero_threshold: f64,
    pub(crate) max_zero_threshold: f64,
    pub(crate) min_reset_duration: Option<Duration>,
    pub(crate) classic_buckets: bool,
    /// What was given for a growth factor and is none.
    no_factor: Option<f64>,
}

impl NativeConfig {
    /// The defaults: schema 3, at most 160 buckets, no classic ones.
    pub fn new() -> Self {
        Self {
            schema: 3,
            max_buckets: 160,
            zero_threshold: f64::powi(2.0, -128),
            max_zero_threshold: 0.0,
            min_reset_duration: None,
            classic_buckets: false,
            no_factor: None,
        }
    }

    /// The resolution that a series starts with, from -4 to 8: there are 2^schema buckets from one power of 2 to the next.
    /// Default: 3, buckets 9 % wide, so that a quantile is off by 4.4 % at most.
    pub fn schema(mut self, schema: i8) -> Self {
        self.schema = schema;
        self.no_factor = None;
        self
    }

    /// The coarsest resolution at which each bucket's bound is at most `factor` times the one before, or the finest if
    /// there is none; 1.1 leads to schema 3. It is above 1. Another way to set the [`schema`](Self::schema).
    pub fn growth_factor(mut self, factor: f64) -> Self {
        let fits = |schema: &i8| f64::exp2(f64::exp2(-f64::from(*schema))) <= factor;
        let schema = (COARSEST..=FINEST).find(fits).unwrap_or(FINEST);
        self = self.schema(schema);
        self.no_factor = (factor.is_nan() || factor <= 1.0).then_some(factor);
        self
    }

    /// The most buckets a series may have beside the zero bucket. Default: 160.
    ///
    /// What is done beyond it is told [in the crate's documentation](crate#native-histograms).
    pub fn max_buckets(mut self, buckets: usize) -> Self {
        self.max_buckets = buckets;
        self
    }

    /// The greatest absolute value, in the metric's unit, that a series counts as 0 from the start. Default: 2^-128, some
    /// 3 * 10^-39.
    pub fn zero_threshold(mut self, threshold: f64) -> Self {
        self.zero_threshold = threshold;
        self
    }

    /// How far the zero bucket may be widened, in the metric's unit, to come down to the [`max_buckets`](Self::max_buckets).
    /// Default: 0, it is not.
    pub fn max_zero_threshold(mut self, threshold: f64) -> Self {
        self.max_zero_threshold = threshold;
        self
    }

    /// How long a series counts at least before it may start over to get back to its first resolution and zero
    /// threshold. Default: `None`, it never does.
    pub fn min_reset_duration(mut self, duration: impl Into<Option<Duration>>) -> Self {
        self.min_reset_duration = duration.into();
        self
    }

    /// Keeps the classic buckets, too: those that the metric has [anyway](crate#names-and-units). Default: they are left
    /// out, and formats without native histograms tell the count and the sum only.
    pub fn with_classic_buckets(mut self) -> Self {
        self.classic_buckets = true;
        self
    }

    pub(crate) fn check(&self) -> Result<(), NativeConfigError> {
        if let Some(factor) = self.no_factor {
            return Err(NativeConfigError::GrowthFactor { factor });
        }
        if !(COARSEST..=FINEST).contains(&self.schema) {
            return Err(NativeConfigError::Schema {
                schema: self.schema,
            });
        }
        if self.max_buckets == 0 {
            return Err(NativeConfigError::NoBuckets);
        }
        let thresholds = [self.zero_threshold, self.max_zero_threshold];
        match thresholds
            .iter()
            .find(|value| !(0.0..f64::INFINITY).contains(*value))
        {
            Some(&threshold) => Err(NativeConfigError::Threshold { threshold }),
            None => Ok(()),
        }
    }
}

impl Default for NativeConfig {
    fn default() -> Self {
        Self::new()
    }
}

/// Why the configuration of native histograms was refused.
#[derive(Debug, Error, PartialEq)]
#[non_exhaustive]
pub enum NativeConfigError {
    /// There is no such resolution.
    #[error("schema {schema} does not exist: give one from -4 to 8")]
    Schema {
        /// The schema.
        schema: i8,
    },
    /// Buckets would not grow.
    #[error("growth factor {factor} is not a number above 1")]
    GrowthFactor {
        /// The factor.
        factor: f64,
    },
    /// There may be no bucket.
    #[error("`max_buckets` is zero: give a positive value or leave the default")]
    NoBuckets,
    /// A zero bucket cannot be that wide.
    #[error("zero threshold {threshold} is not a finite number from 0 on")]
    Threshold {
        /// The threshold.
        threshold: f64,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_follows_from_the_growth_factor() {
        let schema = |factor| NativeConfig::new().growth_factor(factor).schema;
        assert_eq!(schema(1.1), NativeConfig::new().schema);
        assert_eq!([schema(2.0), schema(1.99), schema(4.0)], [0, 1, -1]);
        assert_eq!([schema(65_536.0), schema(1e9)], [-4, -4]);
        assert_eq!([schema(1.003), schema(1.001)], [8, 8]);
    }

    #[test]
    fn what_makes_no_sense_is_named() {
        let new = NativeConfig::new;
        assert_eq!(new().check(), Ok(()));
        assert_eq!(
            new().schema(9).check(),
            Err(NativeConfigError::Schema { schema: 9 })
        );
        assert_eq!(
            new().max_buckets(0).check(),
            Err(NativeConfigError::NoBuckets)
        );
        for factor in [1.0, 0.0, f64::NAN] {
            let config = new().growth_factor(factor);
            let error = config.check().unwrap_err();
            let message = format!("growth factor {factor} is not a number above 1");
            assert_eq!(error.to_string(), message);
            assert_eq!(config.schema(3).check(), Ok(()));
        }
        let error = new().max_zero_threshold(-1.0).check().unwrap_err();
        assert_eq!(
            error.to_string(),
            "zero threshold -1 is not a finite number from 0 on"
        );
        for threshold in [f64::NAN, f64::INFINITY] {
            assert!(new().zero_threshold(threshold).check().is_err());
        }
    }
}
