use thiserror::Error;

use crate::number;

/// Up to this many bounds, which is what most histograms have, are searched in half the time, since their number is fixed.
const FEW: usize = 15;

/// The upper bounds of a histogram's buckets, without the last, `+Inf`.
#[derive(Debug)]
pub(crate) struct Bounds {
    /// The first, or infinity.
    lowest: f64,
    values: Box<[f64]>,
    /// The [ranks](rank) of the same, filled up with the highest, unless there are too many.
    few: Option<[i64; FEW]>,
    /// Each bucket's `le` label, the last included.
    labels: Box<[Box<str>]>,
}

impl Bounds {
    pub(crate) fn new(values: &[f64]) -> Result<Self, BoundsError> {
        if values.is_empty() {
            return Err(BoundsError::Empty);
        }
        if let Some(&value) = values.iter().find(|value| !value.is_finite()) {
            return Err(BoundsError::NotFinite { value });
        }
        if let Some(pair) = values.windows(2).find(|pair| pair[0] >= pair[1]) {
            return Err(BoundsError::NotIncreasing {
                previous: pair[0],
                value: pair[1],
            });
        }
        Ok(Self::of_valid(values))
    }

    fn of_valid(values: &[f64]) -> Self {
        let labels = values.iter().chain([&f64::INFINITY]).map(|value| {
            let mut text = String::new();
            number::push_float(&mut text, *value);
            text.into()
        });
        let few = (values.len() <= FEW).then(|| {
            let mut few = [i64::MAX; FEW];
            for (place, value) in few.iter_mut().zip(values) {
                // Added to zero, both zeros are the positive one.
                *place = rank(value + 0.0);
            }
            few
        });
        Self {
            lowest: values.first().copied().unwrap_or(f64::INFINITY),
            values: values.into(),
            few,
            labels: labels.collect(),
        }
    }

    /// None: all values are in the `+Inf` bucket.
    pub(crate) fn none() -> Self {
        Self::of_valid(&[])
    }

    pub(crate) fn values(&self) -> &[f64] {
        &self.values
    }

    pub(crate) fn labels(&self) -> &[Box<str>] {
        &self.labels
    }

    /// How many buckets there are, `+Inf` included.
    pub(crate) fn buckets(&self) -> usize {
        self.values.len() + 1
    }

    /// The bucket of `value`: the first whose bound is not below it; `None` if it is NaN.
    #[inline]
    pub(crate) fn bucket(&self, value: f64) -> Option<usize> {
        // Most values are small: sizes of nothing, answers within milliseconds.
        if value <= self.lowest {
            return Some(0);
        }
        (!value.is_nan()).then(|| self.bucket_of_number(value))
    }

    #[inline]
    fn bucket_of_number(&self, value: f64) -> usize {
        let Some(few) = &self.few else {
            return self.values.partition_point(|bound| *bound < value);
        };
        // Integers are compared in half the time that floats are, and each comparison waits for the one before it.
        let rank = rank(value);
        let mut below = 0;
        for half in [8, 4, 2, 1] {
            if few[below + half - 1] < rank {
                below += half;
            }
        }
        below
    }
}

/// An integer that stands to those of other numbers as the number to these, the negative zero below the other.
#[inline]
fn rank(number: f64) -> i64 {
    let bits = number.to_bits().cast_signed();
    // The greater a negative number, the smaller its bits.
    bits ^ ((bits >> 63).cast_unsigned() >> 1).cast_signed()
}

/// Why bucket bounds were refused.
#[derive(Debug, Error, PartialEq)]
#[non_exhaustive]
pub enum BoundsError {
    /// There is no bound.
    #[error("no bucket bounds are given: give at least one")]
    Empty,
    /// A bound is infinite or NaN.
    #[error("bucket bound {value} is not finite: leave it out, the `+Inf` bucket is always there")]
    NotFinite {
        /// The bound.
        value: f64,
    },
    /// A bound is not above the one before it.
    #[error(
        "bucket bound {value} is not above the bound {previous} before it: sort the bounds and give each once"
    )]
    NotIncreasing {
        /// The bound before.
        previous: f64,
        /// The bound.
        value: f64,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bad_bounds_are_named() {
        assert_eq!(Bounds::new(&[]).unwrap_err(), BoundsError::Empty);
        assert_eq!(
            Bounds::new(&[1.0, f64::INFINITY]).unwrap_err(),
            BoundsError::NotFinite {
                value: f64::INFINITY
            }
        );
        assert!(matches!(
            Bounds::new(&[f64::NAN]),
            Err(BoundsError::NotFinite { .. })
        ));
        let error = Bounds::new(&[1.0, 2.0, 2.0]).unwrap_err();
        assert_eq!(
            error,
            BoundsError::NotIncreasing {
                previous: 2.0,
                value: 2.0
            }
        );
        assert_eq!(
            error.to_string(),
            "bucket bound 2 is not above the bound 2 before it: sort the bounds and give each once"
        );
    }

    #[test]
    fn a_value_on_a_bound_belongs_to_that_bucket() {
        let bounds = Bounds::new(&[1.0, 2.0]).unwrap();
        let found = [-1.0, 1.0, 1.5, 2.0, 2.1, f64::INFINITY, f64::NEG_INFINITY]
            .map(|value| bounds.bucket(value));
        assert_eq!(found, [0, 0, 1, 1, 2, 2, 0].map(Some));
        assert_eq!(bounds.bucket(f64::NAN), None);
    }

    #[test]
    fn all_sorts_of_numbers_find_their_buckets() {
        let small = f64::MIN_POSITIVE / 2.0;
        let numbers = [
            f64::MIN,
            -2.5,
            -1.0,
            -small,
            -0.0,
            small,
            0.1,
            1.0,
            f64::MAX,
        ];
        for first in 0..numbers.len() {
            for last in first..numbers.len() {
                let bounds = Bounds::new(&numbers[first..=last]).unwrap();
                for value in numbers
                    .into_iter()
                    .chain([0.0, f64::INFINITY, -f64::INFINITY])
                {
                    let below = bounds.values().iter().filter(|bound| **bound < value);
                    assert_eq!(
                        bounds.bucket(value),
                        Some(below.count()),
                        "{value} {bounds:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn without_bounds_there_is_one_bucket() {
        let bounds = Bounds::none();
        assert_eq!((bounds.buckets(), bounds.labels().len()), (1, 1));
        assert_eq!(
            [-1.0, f64::INFINITY].map(|value| bounds.bucket(value)),
            [Some(0), Some(0)]
        );
    }

    #[test]
    fn many_bounds_are_told_apart() {
        let values: Vec<_> = (0..40).map(f64::from).collect();
        let bounds = Bounds::new(&values).unwrap();
        for place in 0..40 {
            assert_eq!(bounds.bucket(place as f64), Some(place));
            assert_eq!(bounds.bucket(place as f64 + 0.5), Some(place + 1));
        }
    }
}
