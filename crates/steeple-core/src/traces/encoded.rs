//! The spans or events that are kept of a request.

use crate::{
    pipeline::{Budget, Reservation},
    traces::FinishedSpan,
};

/// How many bytes the finished spans and the events of one request may have, each.
const MOST_BYTES: usize = 256 << 10;
/// What the first span or event makes room for, so that buffers grow seldom.
const FIRST_BYTES: usize = 1 << 10;
/// Buffers that grew larger than this are not kept for the next request.
const KEPT_BYTES: usize = 16 << 10;

/// Messages one after the other, in the encoding of whoever wrote them.
#[derive(Debug)]
pub(super) struct Encoded {
    pub(super) bytes: Vec<u8>,
    /// As many as the buffer has room for.
    reserved: Reservation,
    pub(super) count: u32,
    pub(super) dropped: u32,
    /// Whether something had no room. To write more only to see that it has none either would be dear: the buffer would grow and
    /// shrink each time.
    full: bool,
}

impl Encoded {
    pub(super) fn within(budget: &Budget) -> Self {
        Self {
            bytes: Vec::new(),
            reserved: budget.reservation(),
            count: 0,
            dropped: 0,
            full: false,
        }
    }

    pub(super) fn push(&mut self, write: impl FnOnce(&mut Vec<u8>)) -> FinishedSpan {
        if self.full {
            self.dropped += 1;
            return FinishedSpan::NoRoom;
        }
        let before = self.bytes.len();
        if self.bytes.capacity() == 0 {
            self.bytes.reserve(FIRST_BYTES);
        }
        write(&mut self.bytes);
        if self.bytes.len() > MOST_BYTES || !self.reserve() {
            self.bytes.truncate(before);
            self.fit();
            self.full = true;
            self.dropped += 1;
            return FinishedSpan::NoRoom;
        }
        self.count += 1;
        FinishedSpan::Kept
    }

    /// Reserves what the buffer has grown by, most often nothing.
    #[inline]
    fn reserve(&mut self) -> bool {
        let capacity = self.bytes.capacity();
        capacity == self.reserved.bytes() || self.reserved.resize(capacity)
    }

    /// Gives back what is not reserved.
    #[cold]
    fn fit(&mut self) {
        self.bytes.shrink_to(self.reserved.bytes());
    }

    pub(super) fn clear(&mut self) {
        (self.count, self.dropped, self.full) = (0, 0, false);
        self.bytes.clear();
        // Where memory is short, those who need it now come before those who may.
        let budget = self.reserved.budget();
        let is_short = budget.used() > budget.limit() / 2;
        self.bytes.shrink_to(if is_short { 0 } else { KEPT_BYTES });
        // What was reserved is enough.
        let _ = self.reserve();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn once_there_is_no_room_nothing_more_is_written_until_the_next_request() {
        let mut encoded = Encoded::within(&Budget::new(usize::MAX));
        let large = |bytes: &mut Vec<u8>| bytes.extend([7; 1_000]);
        while encoded.push(large) == FinishedSpan::Kept {}
        let (count, capacity) = (encoded.count, encoded.bytes.capacity());
        assert!(count > 250);
        for _ in 0..100 {
            let became = encoded.push(|_| panic!("written in vain"));
            assert_eq!(became, FinishedSpan::NoRoom);
        }
        assert_eq!((encoded.count, encoded.dropped), (count, 101));
        assert_eq!(encoded.bytes.capacity(), capacity);
        encoded.clear();
        assert_eq!(encoded.push(large), FinishedSpan::Kept);
    }

    #[test]
    fn what_has_no_room_is_left_out_whole_and_the_buffer_is_not_kept() {
        let mut encoded = Encoded::within(&Budget::new(usize::MAX));
        assert_eq!(
            encoded.push(|bytes| bytes.resize(MOST_BYTES, 7)),
            FinishedSpan::Kept
        );
        assert_eq!(encoded.push(|bytes| bytes.push(8)), FinishedSpan::NoRoom);
        assert_eq!(encoded.bytes.len(), MOST_BYTES);
        assert_eq!((encoded.count, encoded.dropped), (1, 1));
        encoded.clear();
        assert!(encoded.bytes.capacity() <= KEPT_BYTES);
    }

    #[test]
    fn what_all_hold_together_is_bounded_and_given_back() {
        let budget = Budget::new(64 << 10);
        let mut all = [(); 10].map(|()| Encoded::within(&budget));
        let span = |bytes: &mut Vec<u8>| bytes.extend([7; 1_000]);
        let mut kept = 0;
        for turn in 0..1_000 {
            let encoded = &mut all[turn % 10];
            kept += u32::from(encoded.push(span) == FinishedSpan::Kept);
            assert!(budget.used() <= budget.limit());
        }
        assert!((20..=65).contains(&kept), "{kept}");
        let held: usize = all.iter().map(|encoded| encoded.bytes.capacity()).sum();
        assert_eq!(held, budget.used());
        assert_eq!(kept, all.iter().map(|encoded| encoded.count).sum::<u32>());
        let dropped: u32 = all.iter().map(|encoded| encoded.dropped).sum();
        assert_eq!(kept + dropped, 1_000);
        all[0].clear();
        assert_eq!(all[0].bytes.capacity(), 0, "memory is short");
        all[1].clear();
        assert_eq!(all[1].push(span), FinishedSpan::Kept);
        drop(all);
        assert_eq!(budget.used(), 0);
    }

    #[test]
    fn a_buffer_that_is_used_again_reserves_nothing_more() {
        let budget = Budget::new(1 << 20);
        let mut encoded = Encoded::within(&budget);
        let span = |bytes: &mut Vec<u8>| bytes.extend([7; 500]);
        for _ in 0..10 {
            assert_eq!(encoded.push(span), FinishedSpan::Kept);
        }
        let used = budget.used();
        assert_eq!(used, encoded.bytes.capacity());
        encoded.clear();
        assert_eq!(budget.used(), used);
    }
}
