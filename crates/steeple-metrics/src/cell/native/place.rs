use crate::native::{COARSEST, NativeBucket};

/// What is counted together: the observations of one native bucket that are also of one classic bucket. So the classic
/// histogram and the native one follow from the same counts and cannot disagree.
///
/// Sorted, the coarsest resolution comes first, and the buckets on one side of zero in the order of their indices.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place(u64);

/// From the least significant bit: the index, the classic bucket, the side, the resolution.
const INDEX_BITS: u32 = 24;
const SIDE_SHIFT: u32 = 58;
const SCHEMA_SHIFT: u32 = 60;

/// Makes every index positive.
const INDEX_BIAS: i32 = 1 << (INDEX_BITS - 1);

impl Place {
    /// `native` is a bucket at the resolution `schema`.
    #[inline]
    pub(super) fn new(schema: i8, native: NativeBucket, classic: usize) -> Self {
        let (side, index) = match native {
            NativeBucket::Zero => (1, 0),
            NativeBucket::Positive(index) => (2, index),
            NativeBucket::Negative(index) => (3, index),
        };
        let schema = (schema - COARSEST) as u64;
        let index = (index + INDEX_BIAS) as u64;
        Self(schema << SCHEMA_SHIFT | side << SIDE_SHIFT | (classic as u64) << INDEX_BITS | index)
    }

    pub(super) fn from_word(word: u64) -> Self {
        Self(word)
    }

    /// All that the place is, in a word that is not 0.
    #[inline]
    pub(super) fn word(self) -> u64 {
        self.0
    }

    /// The resolution of the native bucket.
    pub(super) fn schema(self) -> i8 {
        (self.0 >> SCHEMA_SHIFT) as i8 + COARSEST
    }

    pub(super) fn native(self) -> NativeBucket {
        let index = (self.0 & ((1 << INDEX_BITS) - 1)) as i32 - INDEX_BIAS;
        match self.0 >> SIDE_SHIFT & 3 {
            2 => NativeBucket::Positive(index),
            3 => NativeBucket::Negative(index),
            _ => NativeBucket::Zero,
        }
    }

    /// Whether the native bucket is below zero.
    pub(super) fn is_negative(self) -> bool {
        self.0 >> SIDE_SHIFT & 3 == 3
    }

    pub(super) fn classic(self) -> usize {
        let other_bits = u64::BITS - SIDE_SHIFT;
        (self.0 << other_bits >> other_bits >> INDEX_BITS) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_tells_what_it_was_made_of() {
        for index in [-275_000, -1, 0, 1, 262_145] {
            for native in [
                NativeBucket::Zero,
                NativeBucket::Positive(index),
                NativeBucket::Negative(index),
            ] {
                for (schema, classic) in [(-4, 0), (0, 15), (8, 1_000_000)] {
                    let place = Place::from_word(Place::new(schema, native, classic).word());
                    let told = (place.schema(), place.native(), place.classic());
                    assert_eq!(told, (schema, native, classic));
                    assert_ne!(place.word(), 0);
                }
            }
        }
    }

    #[test]
    fn places_are_sorted_by_resolution_side_and_index() {
        let place = |schema, index| Place::new(schema, NativeBucket::Positive(index), 0);
        let zero = Place::new(0, NativeBucket::Zero, 7);
        let sorted = [place(-4, 9), zero, place(0, -1), place(0, 0), place(8, -9)];
        assert!(sorted.is_sorted());
    }
}
