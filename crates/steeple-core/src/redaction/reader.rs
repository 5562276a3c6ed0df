//! A text, read byte by byte.

use std::ops::Range;

/// The bytes of a text. In tests it counts how often one is looked at, which must not grow faster than the text.
pub(super) struct Reader<'a> {
    text: &'a str,
    #[cfg(test)]
    pub(super) reads: std::cell::Cell<usize>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self {
            text,
            #[cfg(test)]
            reads: Default::default(),
        }
    }

    #[inline(always)]
    fn count(&self, reads: usize) {
        #[cfg(test)]
        self.reads.set(self.reads.get() + reads);
        let _ = reads;
    }

    pub(super) fn len(&self) -> usize {
        self.text.len()
    }

    /// The byte at a place, none behind the end.
    #[inline(always)]
    pub(super) fn at(&self, place: usize) -> Option<u8> {
        self.count(1);
        self.text.as_bytes().get(place).copied()
    }

    /// The byte in front of a place.
    #[inline]
    pub(super) fn before(&self, place: usize) -> Option<u8> {
        place.checked_sub(1).and_then(|before| self.at(before))
    }

    /// Whether this is what stands at a place.
    #[inline]
    pub(super) fn is_at(&self, place: usize, expected: &str) -> bool {
        self.count(expected.len());
        let rest = self.text.as_bytes().get(place..);
        rest.is_some_and(|rest| rest.starts_with(expected.as_bytes()))
    }

    /// From a place on, the first byte that does not belong, or the end.
    #[inline(always)]
    pub(super) fn end_of(&self, from: usize, belongs: impl Fn(u8) -> bool) -> usize {
        let mut end = from;
        while self.at(end).is_some_and(&belongs) {
            end += 1;
        }
        end.min(self.len())
    }

    /// Backwards from a place, at most to the floor: where what belongs together begins.
    pub(super) fn start_of(&self, end: usize, floor: usize, belongs: impl Fn(u8) -> bool) -> usize {
        let mut start = end;
        while start > floor && self.before(start).is_some_and(&belongs) {
            start -= 1;
        }
        start
    }

    /// Where `needle` comes next in a range.
    pub(super) fn find(&self, needle: &str, range: Range<usize>) -> Option<usize> {
        let part = &self.text.as_bytes()[range.start..range.end.min(self.len())];
        self.count(part.len());
        let mut windows = part.windows(needle.len());
        let found = windows.position(|window| window == needle.as_bytes());
        found.map(|place| range.start + place)
    }

    /// What stands in a range of which both ends are next to ASCII; nothing if one is not.
    pub(super) fn part(&self, range: Range<usize>) -> &'a str {
        self.count(range.len());
        self.text.get(range).unwrap_or_default()
    }
}
