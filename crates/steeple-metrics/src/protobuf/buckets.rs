//! The buckets of a [native histogram](https://prometheus.io/docs/specs/native_histograms/): those that there are, as runs of
//! consecutive ones, and the change from each to the next. All messages that Prometheus knows have them so.

use super::wire::{push_nested, push_signed, push_unsigned, push_zigzag};

// The fields of a `BucketSpan`.
const OFFSET: u32 = 1;
const LENGTH: u32 = 2;

/// Writes which buckets there are, as runs of consecutive ones.
pub fn push_spans(message: &mut Vec<u8>, field: u32, buckets: &[(i32, u64)]) {
    let mut next = 0;
    for run in buckets.chunk_by(|(left, _), (right, _)| left + 1 == *right) {
        let (first, _) = run[0];
        push_span(message, field, first - next, run.len());
        next = first + run.len() as i32;
    }
}

/// Writes a run of buckets, which begins so far behind the end of the one before it.
pub fn push_span(message: &mut Vec<u8>, field: u32, offset: i32, length: usize) {
    push_nested(message, field, |message| {
        push_signed(message, OFFSET, i64::from(offset));
        push_unsigned(message, LENGTH, length as u64);
    });
}

/// Writes each bucket's observations as the difference from the bucket before; nothing if there is no bucket.
pub fn push_deltas(message: &mut Vec<u8>, field: u32, buckets: &[(i32, u64)]) {
    if buckets.is_empty() {
        return;
    }
    push_nested(message, field, |message| {
        let mut before = 0;
        for (_, count) in buckets {
            push_zigzag(message, count.wrapping_sub(before) as i64);
            before = *count;
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spans(buckets: &[(i32, u64)]) -> Vec<u8> {
        let mut message = Vec::new();
        push_spans(&mut message, 1, buckets);
        message
    }

    fn deltas(buckets: &[(i32, u64)]) -> Vec<u8> {
        let mut message = Vec::new();
        push_deltas(&mut message, 12, buckets);
        message
    }

    #[test]
    fn buckets_next_to_each_other_are_a_span() {
        assert_eq!(spans(&[]), []);
        assert_eq!(spans(&[(0, 1), (1, 1)]), [0x0a, 4, 0x08, 0, 0x10, 2]);
        // At -3, 1 after the end of that, and 6 after the end of that; the offsets zigzag.
        assert_eq!(
            spans(&[(-3, 1), (-2, 4), (0, 1), (7, 2)]),
            [
                [0x0a, 4, 0x08, 5, 0x10, 2],
                [0x0a, 4, 0x08, 2, 0x10, 1],
                [0x0a, 4, 0x08, 12, 0x10, 1]
            ]
            .concat()
        );
    }

    #[test]
    fn counts_are_written_as_changes() {
        assert_eq!(deltas(&[]), []);
        // +3 and -2.
        assert_eq!(deltas(&[(1, 3), (2, 1)]), [0x62, 2, 6, 3]);
    }
}
