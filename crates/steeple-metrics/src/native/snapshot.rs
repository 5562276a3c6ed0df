use super::index::{COARSEST, coarser, last_within, upper_bound};

/// The distribution of a histogram's observations as a [native
/// histogram](https://prometheus.io/docs/specs/native_histograms/).
///
/// With `base` = 2^(2^-[`schema`](Self::schema)), bucket `i` counts the observations above base^(i-1) up to base^i,
/// that bound included; a negative one those whose absolute value lies there.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct NativeSnapshot {
    /// The resolution, from -4 (each bound is 65,536 times the one before) to 8 (1.0027 times).
    pub schema: i8,
    /// Observations up to this absolute value, inclusive, are in the zero bucket.
    pub zero_threshold: f64,
    /// The observations in the zero bucket.
    pub zero_count: u64,
    /// The indices of the buckets above zero that are not empty and their observations, sorted by index.
    pub positive: Vec<(i32, u64)>,
    /// The same below zero.
    pub negative: Vec<(i32, u64)>,
}

/// A bucket of a native histogram, by its index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NativeBucket {
    Zero,
    Positive(i32),
    Negative(i32),
}

impl NativeSnapshot {
    pub(crate) fn empty() -> Self {
        Self {
            schema: 0,
            zero_threshold: 0.0,
            zero_count: 0,
            positive: Vec::new(),
            negative: Vec::new(),
        }
    }

    /// One with these observations, each given as for [`fill`](Self::fill).
    pub(crate) fn new(
        schema: i8,
        zero_threshold: f64,
        counts: impl IntoIterator<Item = (i8, NativeBucket, u64)>,
    ) -> Self {
        let mut new = Self::empty();
        new.fill(schema, zero_threshold, counts);
        new
    }

    /// Holds these observations from now on, each given as the resolution of its bucket, which is not coarser than
    /// `schema`, the bucket and the number.
    pub(crate) fn fill(
        &mut self,
        schema: i8,
        zero_threshold: f64,
        counts: impl IntoIterator<Item = (i8, NativeBucket, u64)>,
    ) {
        self.schema = schema;
        self.zero_threshold = zero_threshold;
        self.zero_count = 0;
        self.positive.clear();
        self.negative.clear();
        let mut zero = (schema, last_within(zero_threshold, schema));
        for (finer, bucket, count) in counts {
            if zero.0 != finer {
                zero = (finer, last_within(zero_threshold, finer));
            }
            let (index, buckets) = match bucket {
                NativeBucket::Zero => (None, &mut self.positive),
                NativeBucket::Positive(index) => (Some(index), &mut self.positive),
                NativeBucket::Negative(index) => (Some(index), &mut self.negative),
            };
            match index.filter(|index| *index > zero.1) {
                Some(index) => buckets.push((coarser(index, finer - schema), count)),
                None => self.zero_count = self.zero_count.wrapping_add(count),
            }
        }
        for buckets in [&mut self.positive, &mut self.negative] {
            buckets.sort_unstable_by_key(|(index, _)| *index);
            join(buckets);
        }
    }

    /// How many buckets there are beside the zero bucket.
    pub(crate) fn buckets(&self) -> usize {
        self.positive.len() + self.negative.len()
    }

    /// Comes down to `max_buckets` as [Prometheus] has it: widens the zero bucket up to `max_zero_threshold`, bucket by
    /// bucket, then halves the resolution, until that is enough or nothing is left to do.
    ///
    /// [Prometheus]: https://prometheus.io/docs/specs/native_histograms/#limit-the-bucket-count
    pub(crate) fn limit(&mut self, max_buckets: usize, max_zero_threshold: f64) {
        while self.buckets() > max_buckets {
            let done = self.widen_zero_bucket(max_zero_threshold) || self.halve_resolution();
            if !done {
                break;
            }
        }
    }

    /// Takes the buckets next to zero into the zero bucket; tells whether that is allowed.
    fn widen_zero_bucket(&mut self, max_zero_threshold: f64) -> bool {
        let sides = [&mut self.positive, &mut self.negative];
        let first = |side: &Vec<(i32, u64)>| side.first().map(|(index, _)| *index);
        let Some(nearest) = sides.iter().filter_map(|side| first(side)).min() else {
            return false;
        };
        let threshold = upper_bound(nearest, self.schema);
        if threshold > max_zero_threshold {
            return false;
        }
        for side in sides {
            if first(side) == Some(nearest) {
                self.zero_count = self.zero_count.wrapping_add(side.remove(0).1);
            }
        }
        self.zero_threshold = threshold;
        true
    }

    /// Makes one bucket of every two; tells whether there is a coarser resolution.
    fn halve_resolution(&mut self) -> bool {
        if self.schema == COARSEST {
            return false;
        }
        self.schema -= 1;
        for side in [&mut self.positive, &mut self.negative] {
            side.iter_mut()
                .for_each(|(index, _)| *index = coarser(*index, 1));
            join(side);
        }
        true
    }
}

/// Makes one of neighbours with the same index.
fn join(buckets: &mut Vec<(i32, u64)>) {
    buckets.dedup_by(|next, kept| {
        let same = next.0 == kept.0;
        if same {
            kept.1 = kept.1.wrapping_add(next.1);
        }
        same
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::native::index;

    fn of(schema: i8, zero_threshold: f64, values: &[f64]) -> NativeSnapshot {
        let counts = values.iter().map(|value| {
            let bucket = if *value > 0.0 {
                NativeBucket::Positive(index(*value, 8))
            } else {
                NativeBucket::Negative(index(*value, 8))
            };
            (8, bucket, 1)
        });
        NativeSnapshot::new(schema, zero_threshold, counts)
    }

    #[test]
    fn buckets_are_put_together_at_the_resolution() {
        let native = of(0, 0.5, &[3.0, -7.0, 4.0, 0.5, -0.25, 1e9, 3.5]);
        assert_eq!(native.positive, [(2, 3), (30, 1)]);
        assert_eq!(native.negative, [(3, 1)]);
        assert_eq!((native.zero_count, native.buckets()), (2, 3));
    }

    #[test]
    fn resolutions_are_halved_until_there_are_few_enough_buckets() {
        let values: Vec<_> = (1..=100).map(f64::from).collect();
        let mut native = of(3, 0.0, &values);
        assert!(native.buckets() > 30);
        native.limit(8, 0.0);
        assert_eq!(native, of(0, 0.0, &values));
        native.limit(1, 0.0);
        // 1 is the last value of one bucket, and another one ends at 2^16.
        assert_eq!(
            (native.schema, native.positive),
            (-4, vec![(0, 1), (1, 99)])
        );
    }

    #[test]
    fn the_zero_bucket_is_widened_first_and_no_further_than_it_may_be() {
        let mut native = of(0, 0.0, &[-0.2, 0.2, 0.3, 0.6, 1.5, -1.5, 3.0]);
        native.limit(4, 1.0);
        assert_eq!(
            (native.schema, native.zero_threshold, native.zero_count),
            (0, 0.5, 3)
        );
        native.limit(1, 1.0);
        assert_eq!((native.zero_threshold, native.zero_count), (1.0, 4));
        assert_eq!((native.schema, native.buckets()), (-4, 2));
    }
}
