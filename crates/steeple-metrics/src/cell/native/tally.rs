use super::place::Place;
use crate::NativeSnapshot;

/// Everything that was counted up to some moment.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    /// By place, sorted.
    counts: Vec<(Place, u64)>,
    pub(super) sum: f64,
}

impl Tally {
    /// Counts anew; `counts` may come in any order and parts.
    pub(super) fn fill(&mut self, counts: impl Iterator<Item = (Place, u64)>, sum: f64) {
        self.sum = sum;
        self.counts.clear();
        // Faster than to extend by what comes from so many parts.
        counts.for_each(|counted| self.counts.push(counted));
        self.counts.sort_unstable_by_key(|(place, _)| *place);
        self.counts.dedup_by(|next, kept| {
            let same = next.0 == kept.0;
            if same {
                kept.1 = kept.1.wrapping_add(next.1);
            }
            same
        });
    }

    /// Becomes the same, with the memory that it has.
    pub(super) fn set_to(&mut self, other: &Self) {
        self.sum = other.sum;
        self.counts.clone_from(&other.counts);
    }

    /// Takes away what had come in by `earlier`.
    pub(super) fn subtract(&mut self, earlier: &Self) {
        self.sum -= earlier.sum;
        if earlier.counts.is_empty() {
            return;
        }
        let mut earlier_counts = earlier.counts.iter().peekable();
        self.counts.retain_mut(|(place, count)| {
            let same = earlier_counts.next_if(|then| then.0 == *place);
            *count = count.wrapping_sub(same.map_or(0, |then| then.1));
            *count > 0
        });
    }

    /// By place, sorted.
    pub(super) fn counts(&self) -> impl Iterator<Item = (Place, u64)> {
        self.counts.iter().copied()
    }

    /// Makes `native` the native histogram, at this resolution unless some counts are coarser.
    pub(super) fn fill_native(&self, native: &mut NativeSnapshot, schema: i8, zero_threshold: f64) {
        let coarsest = self.counts.first().map_or(schema, |first| first.0.schema());
        let counts = self.counts.iter();
        native.fill(
            schema.min(coarsest),
            zero_threshold,
            counts.map(|(place, count)| (place.schema(), place.native(), *count)),
        );
    }
}
