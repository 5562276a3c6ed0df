//! What was observed between two looks at a histogram.

use std::{sync::Arc, time::SystemTime};

use crate::{HistogramSnapshot, NativeSnapshot, native::NativeBucket};

impl HistogramSnapshot {
    /// Since when the observations count, if the histogram started over because it had too many buckets.
    #[must_use]
    pub fn started_over(&self) -> Option<SystemTime> {
        self.started_over
    }

    /// What was observed after `earlier`, a snapshot of the same series: all of it, if the histogram started over in
    /// between. Exemplars stay, also those that are older.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Self {
        let mut since = self.clone();
        if self.started_over != earlier.started_over
            || !Arc::ptr_eq(&self.bounds, &earlier.bounds)
            || self.native.is_some() != earlier.native.is_some()
        {
            return since;
        }
        for (count, before) in since.buckets.iter_mut().zip(&earlier.buckets) {
            *count = count.wrapping_sub(*before);
        }
        since.sum -= earlier.sum;
        if let (Some(native), Some(before)) = (&mut since.native, &earlier.native) {
            *native = native.since(before);
        }
        since
    }
}

impl NativeSnapshot {
    /// The resolution and the zero bucket are those of `self`, which may have become coarser meanwhile, never finer.
    fn since(&self, earlier: &Self) -> Self {
        let positive = earlier.positive.iter().map(|(index, count)| {
            let bucket = NativeBucket::Positive(*index);
            (earlier.schema, bucket, *count)
        });
        let negative = earlier.negative.iter().map(|(index, count)| {
            let bucket = NativeBucket::Negative(*index);
            (earlier.schema, bucket, *count)
        });
        let zero = [(earlier.schema, NativeBucket::Zero, earlier.zero_count)];
        let counts = positive.chain(negative).chain(zero);
        let before = Self::new(self.schema, self.zero_threshold, counts);
        Self {
            zero_count: self.zero_count.wrapping_sub(before.zero_count),
            positive: difference(&self.positive, &before.positive),
            negative: difference(&self.negative, &before.negative),
            ..*self
        }
    }
}

/// The buckets that are not empty once `before` is taken from `now`.
fn difference(now: &[(i32, u64)], before: &[(i32, u64)]) -> Vec<(i32, u64)> {
    let counts = now.iter().map(|(index, count)| {
        let position = before.binary_search_by_key(index, |(index, _)| *index);
        let before = position.map_or(0, |position| before[position].1);
        (*index, count.wrapping_sub(before))
    });
    counts.filter(|(_, count)| *count > 0).collect()
}

#[cfg(test)]
mod tests {
    use crate::{HistogramSnapshot, Matcher, NativeConfig, Registry};

    fn snapshot(registry: &Registry) -> HistogramSnapshot {
        let snapshot = registry.snapshot();
        let value = snapshot.value("wait", &[]).unwrap();
        value.as_histogram().unwrap().clone()
    }

    #[test]
    fn only_what_was_observed_later_is_left() {
        let registry = Registry::new();
        let wait = registry.histogram("wait", &[]).unwrap();
        wait.record(0.002);
        wait.record(20.0);
        let earlier = snapshot(&registry);
        wait.record(0.003);
        wait.record(0.25);
        let since = snapshot(&registry).since(&earlier);
        let bounds = since.bounds();
        let expected: Vec<u64> = (0..=bounds.len())
            .map(|bucket| u64::from(bucket == 0 || bounds.get(bucket) == Some(&0.25)))
            .collect();
        assert_eq!(since.buckets(), expected);
        assert_eq!(since.count(), 2);
        assert!((since.sum() - 0.253).abs() < 1e-9);
    }

    #[test]
    fn native_buckets_are_compared_at_the_coarser_resolution() {
        let config = NativeConfig::new().max_buckets(4);
        let registry = Registry::builder()
            .native_histograms(Matcher::full("wait"), config)
            .build()
            .unwrap();
        let wait = registry.histogram("wait", &[]).unwrap();
        [1.5, 1.6, -3.0, 0.0]
            .iter()
            .for_each(|value| wait.record(*value));
        let earlier = snapshot(&registry);
        (1..=100).for_each(|value| wait.record(f64::from(value)));
        let later = snapshot(&registry);
        let (before, native) = (earlier.native().unwrap(), later.native().unwrap());
        assert!(native.schema < before.schema, "{native:?}");

        let since = later.since(&earlier);
        let since = since.native().unwrap();
        let count = |buckets: &[(i32, u64)]| buckets.iter().map(|(_, count)| count).sum::<u64>();
        assert_eq!(
            (count(&native.positive), count(&since.positive)),
            (102, 100)
        );
        assert_eq!((since.negative.as_slice(), since.zero_count), (&[][..], 0));
        assert_eq!(since.schema, native.schema);
    }
}
