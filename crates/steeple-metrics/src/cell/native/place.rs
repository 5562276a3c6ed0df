use crate::native::NativeBucket;

/// What is counted together: the observations of one native bucket that are also of one classic bucket. So the classic
/// histogram and the native one follow from the same counts and cannot disagree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place(u64);

/// From the least significant bit: the index, the classic bucket, the side.
const INDEX_BITS: u32 = 24;
const SIDE_SHIFT: u32 = 62;

impl Place {
    #[inline]
    pub(super) fn new(native: NativeBucket, classic: usize) -> Self {
        let (side, index) = match native {
            NativeBucket::Zero => (1, 0),
            NativeBucket::Positive(index) => (2, index),
            NativeBucket::Negative(index) => (3, index),
        };
        let index = u64::from(index.cast_unsigned()) & ((1 << INDEX_BITS) - 1);
        Self(side << SIDE_SHIFT | (classic as u64) << INDEX_BITS | index)
    }

    pub(super) fn from_word(word: u64) -> Self {
        Self(word)
    }

    /// All that the place is, in a word that is not 0.
    #[inline]
    pub(super) fn word(self) -> u64 {
        self.0
    }

    pub(super) fn native(self) -> NativeBucket {
        // Shifted there and back, it has its sign again.
        let unused = i32::BITS - INDEX_BITS;
        let index = (self.0 as i32) << unused >> unused;
        match self.0 >> SIDE_SHIFT {
            2 => NativeBucket::Positive(index),
            3 => NativeBucket::Negative(index),
            _ => NativeBucket::Zero,
        }
    }

    pub(super) fn classic(self) -> usize {
        let side_bits = u64::BITS - SIDE_SHIFT;
        (self.0 << side_bits >> side_bits >> INDEX_BITS) as usize
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
                for classic in [0, 15, 1_000_000] {
                    let place = Place::from_word(Place::new(native, classic).word());
                    assert_eq!((place.native(), place.classic()), (native, classic));
                    assert_ne!(place.word(), 0);
                }
            }
        }
    }
}
