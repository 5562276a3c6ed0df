//! [Exponential histograms](https://opentelemetry.io/docs/specs/otel/metrics/data-model/#exponentialhistogram) from native ones.

use steeple_metrics::{
    NativeSnapshot,
    protobuf::{push_nested, push_signed, push_varint},
};

use crate::fields::exponential_point;

/// The most buckets on either side of zero, the [specification's
/// default](https://opentelemetry.io/docs/specs/otel/metrics/sdk/#base2-exponential-bucket-histogram-aggregation). Native
/// histograms leave empty buckets out; here, they take room.
const MAX_BUCKETS: i32 = 160;

/// The buckets of an exponential histogram.
///
/// Bucket `i` reaches above base^i up to base^(i+1), where that of a native histogram reaches up to base^i.
#[derive(Debug, PartialEq)]
pub(super) struct Exponential {
    pub(super) scale: i32,
    pub(super) positive: Vec<(i32, u64)>,
    pub(super) negative: Vec<(i32, u64)>,
}

impl Exponential {
    pub(super) fn new(native: &NativeSnapshot) -> Self {
        let scale = i32::from(native.schema);
        // Infinity has a native bucket above that of the greatest value, which there is none for here.
        let last = match u32::try_from(scale) {
            Ok(finer) => (f64::MAX_EXP << finer) - 1,
            Err(_) => (f64::MAX_EXP >> -scale) - 1,
        };
        let shifted = |buckets: &[(i32, u64)]| {
            let shifted = buckets
                .iter()
                .map(|(index, count)| ((index - 1).min(last), *count));
            shifted.collect()
        };
        let mut new = Self {
            scale,
            positive: shifted(&native.positive),
            negative: shifted(&native.negative),
        };
        while [&new.positive, &new.negative]
            .into_iter()
            .any(|side| width(side) > MAX_BUCKETS)
        {
            new.halve_resolution();
        }
        new
    }

    fn halve_resolution(&mut self) {
        self.scale -= 1;
        for (index, _) in self.positive.iter_mut().chain(&mut self.negative) {
            *index >>= 1;
        }
    }

    pub(super) fn encode(&self, point: &mut Vec<u8>) {
        push_signed(point, exponential_point::SCALE, self.scale.into());
        push_buckets(point, exponential_point::POSITIVE, &self.positive);
        push_buckets(point, exponential_point::NEGATIVE, &self.negative);
    }
}

/// How many buckets there are from the first to the last.
fn width(buckets: &[(i32, u64)]) -> i32 {
    match (buckets.first(), buckets.last()) {
        (Some((first, _)), Some((last, _))) => last - first + 1,
        _ => 0,
    }
}

/// Writes all buckets from the first to the last; those with the same index are one.
fn push_buckets(point: &mut Vec<u8>, field: u32, buckets: &[(i32, u64)]) {
    let Some((first, _)) = buckets.first() else {
        return;
    };
    push_nested(point, field, |message| {
        push_signed(message, exponential_point::OFFSET, i64::from(*first));
        push_nested(message, exponential_point::BUCKET_COUNTS, |counts| {
            let mut next = *first;
            for same in buckets.chunk_by(|(left, _), (right, _)| left == right) {
                let index = same[0].0;
                (next..index).for_each(|_| push_varint(counts, 0));
                push_varint(counts, same.iter().map(|(_, count)| count).sum());
                next = index + 1;
            }
        });
    });
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;
    use steeple_metrics::{Matcher, NativeConfig, Registry, Value};

    use super::*;

    fn native(schema: i8, values: &[f64]) -> NativeSnapshot {
        let config = NativeConfig::new().schema(schema).max_buckets(10_000);
        let registry = Registry::builder()
            .native_histograms(Matcher::full("wait"), config)
            .build()
            .unwrap();
        let wait = registry.histogram("wait", &[]).unwrap();
        values.iter().for_each(|value| wait.record(*value));
        let snapshot = registry.snapshot();
        let histogram = snapshot.value("wait", &[]).and_then(Value::as_histogram);
        histogram.unwrap().native().unwrap().clone()
    }

    #[test]
    fn bounds_belong_to_the_bucket_below_them() {
        // (1, 2], (2, 4] and (4, 8].
        let exponential = Exponential::new(&native(0, &[1.5, 2.0, 2.1, 4.0, 8.0, -1.0]));
        assert_eq!(exponential.scale, 0);
        assert_eq!(exponential.positive, [(0, 2), (1, 2), (2, 1)]);
        // (1/2, 1]
        assert_eq!(exponential.negative, [(-1, 1)]);
    }

    #[test]
    fn resolutions_are_halved_until_there_are_few_enough_buckets() {
        let exponential = Exponential::new(&native(3, &[1.0, 1.1, 1e9]));
        assert_eq!(exponential.scale, 2);
        // 2^(116/4) < 1e9 <= 2^(120/4)
        assert_eq!(exponential.positive, [(-1, 1), (0, 1), (119, 1)]);
        assert!(width(&exponential.positive) <= MAX_BUCKETS);
    }

    #[test]
    fn what_is_infinite_is_in_the_last_bucket() {
        for schema in [-4, 0, 8] {
            let exponential = Exponential::new(&native(schema, &[f64::INFINITY, f64::MAX]));
            let (index, count) = exponential.positive[0];
            let width = f64::exp2(-f64::from(schema));
            assert!(f64::from(index) * width < f64::from(f64::MAX_EXP));
            let counted: u64 = exponential.positive.iter().map(|(_, count)| count).sum();
            assert_eq!((counted, count > 0), (2, true), "{schema}");
        }
    }

    /// How many of the values, which are not infinite, are in each bucket by the data model's own words.
    fn expected(values: &[f64], scale: i32) -> Vec<(i32, u64)> {
        let mut buckets = BTreeMap::new();
        for value in values {
            // The first bucket whose bound is not below the value; powers of 2 have no rounding to fear.
            let estimate = (value.log2() * f64::exp2(f64::from(scale))).ceil() as i32 - 1;
            let bound = |index: i32| f64::exp2(f64::from(index + 1) * f64::exp2(f64::from(-scale)));
            let index = (estimate - 1..=estimate + 1).find(|index| bound(*index) >= *value);
            *buckets.entry(index.unwrap()).or_default() += 1;
        }
        buckets.into_iter().collect()
    }

    proptest! {
        #[test]
        fn every_value_is_in_the_bucket_of_the_data_model(
            values in prop::collection::vec(-20.0..20.0_f64, 1..100), schema in -4..=4_i8,
        ) {
            // Values next to a bound may be on either side of what floating point takes for it.
            let values: Vec<_> = values.into_iter().map(f64::exp2).filter(|value| {
                let place = value.log2() * f64::exp2(4.0);
                (place - place.round()).abs() > 1e-6
            }).collect();
            prop_assume!(!values.is_empty());
            let exponential = Exponential::new(&native(schema, &values));
            let mut joined: Vec<(i32, u64)> = Vec::new();
            for (index, count) in exponential.positive {
                match joined.last_mut() {
                    Some((last, counted)) if *last == index => *counted += count,
                    _ => joined.push((index, count)),
                }
            }
            prop_assert!(width(&joined) <= MAX_BUCKETS);
            prop_assert_eq!(joined, expected(&values, exponential.scale));
        }
    }
}
