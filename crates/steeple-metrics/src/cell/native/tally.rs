use super::place::Place;
use crate::NativeSnapshot;

/// Everything that was counted up to some moment.
#[derive(Debug, Clone, Default)]
pub(super) struct Tally {
    /// By resolution and place, sorted by them.
    counts: Vec<(i8, Place, u64)>,
    pub(super) sum: f64,
}

impl Tally {
    /// `counts` may come in any order and parts.
    pub(super) fn new(mut counts: Vec<(i8, Place, u64)>, sum: f64) -> Self {
        counts.sort_unstable();
        counts.dedup_by(|next, kept| {
            let same = (next.0, next.1) == (kept.0, kept.1);
            if same {
                kept.2 = kept.2.wrapping_add(next.2);
            }
            same
        });
        Self { counts, sum }
    }

    /// What came in since `earlier`.
    pub(super) fn since(&self, earlier: &Self) -> Self {
        let mut earlier_counts = earlier.counts.iter().peekable();
        let mut counts = Vec::with_capacity(self.counts.len());
        for &(schema, place, count) in &self.counts {
            let same = earlier_counts.next_if(|then| (then.0, then.1) == (schema, place));
            let since = count.wrapping_sub(same.map_or(0, |then| then.2));
            if since > 0 {
                counts.push((schema, place, since));
            }
        }
        Self {
            counts,
            sum: self.sum - earlier.sum,
        }
    }

    /// The counts of classic buckets.
    pub(super) fn classic(&self, buckets: usize) -> Vec<u64> {
        let mut classic = vec![0_u64; buckets];
        for (_, place, count) in &self.counts {
            if let Some(bucket) = classic.get_mut(place.classic()) {
                *bucket = bucket.wrapping_add(*count);
            }
        }
        classic
    }

    /// The native histogram, at this resolution unless some counts are coarser.
    pub(super) fn native(&self, schema: i8, zero_threshold: f64) -> NativeSnapshot {
        let coarsest = self.counts.first().map_or(schema, |first| first.0);
        let counts = self.counts.iter();
        NativeSnapshot::new(
            schema.min(coarsest),
            zero_threshold,
            counts.map(|(schema, place, count)| (*schema, place.native(), *count)),
        )
    }
}
