//! [Native histograms](https://prometheus.io/docs/specs/native_histograms/): runs of buckets, and the change from each
//! bucket to the next.

use steeple_metrics::NativeSnapshot;

use super::{
    fields::{bucket_span, histogram},
    wire::{push_double, push_integer, push_nested, push_varint, zigzag},
};

/// A run of buckets that are next to each other.
#[derive(Debug, PartialEq, Eq)]
struct Span {
    /// From the end of the run before it, or from 0.
    offset: i32,
    length: u32,
}

/// Writes a `Histogram`.
pub(super) fn push(message: &mut Vec<u8>, native: &NativeSnapshot, sum: f64, at: i64) {
    push_integer(message, histogram::COUNT_INT, count(native));
    push_double(message, histogram::SUM, sum);
    push_integer(message, histogram::SCHEMA, zigzag(native.schema.into()));
    push_double(message, histogram::ZERO_THRESHOLD, native.zero_threshold);
    push_integer(message, histogram::ZERO_COUNT_INT, native.zero_count);
    push_side(
        message,
        &native.negative,
        histogram::NEGATIVE_SPANS,
        histogram::NEGATIVE_DELTAS,
    );
    push_side(
        message,
        &native.positive,
        histogram::POSITIVE_SPANS,
        histogram::POSITIVE_DELTAS,
    );
    push_integer(message, histogram::TIMESTAMP, at as u64);
}

/// That of the buckets themselves, as a receiver checks.
fn count(native: &NativeSnapshot) -> u64 {
    let buckets = native.positive.iter().chain(&native.negative);
    buckets.fold(native.zero_count, |count, (_, bucket)| {
        count.wrapping_add(*bucket)
    })
}

fn push_side(message: &mut Vec<u8>, buckets: &[(i32, u64)], spans: u32, deltas: u32) {
    for span in spans_of(buckets) {
        push_nested(message, spans, |message| {
            push_integer(message, bucket_span::OFFSET, zigzag(span.offset.into()));
            push_integer(message, bucket_span::LENGTH, span.length.into());
        });
    }
    push_nested(message, deltas, |message| {
        let mut before = 0;
        for (_, count) in buckets {
            let count = *count as i64;
            push_varint(message, zigzag(count.wrapping_sub(before)));
            before = count;
        }
    });
}

fn spans_of(buckets: &[(i32, u64)]) -> Vec<Span> {
    let mut spans: Vec<Span> = Vec::new();
    let mut next = 0;
    for (index, _) in buckets {
        match spans.last_mut() {
            Some(span) if *index == next => span.length += 1,
            _ => spans.push(Span {
                offset: index - next,
                length: 1,
            }),
        }
        next = index + 1;
    }
    spans
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_next_to_each_other_are_a_span() {
        let span = |offset, length| Span { offset, length };
        assert_eq!(spans_of(&[]), []);
        assert_eq!(spans_of(&[(0, 1), (1, 1)]), [span(0, 2)]);
        assert_eq!(
            spans_of(&[(-3, 1), (-2, 4), (0, 1), (7, 2)]),
            [span(-3, 2), span(1, 1), span(6, 1)]
        );
    }

    #[test]
    fn counts_are_written_as_changes() {
        let mut message = Vec::new();
        push_side(&mut message, &[(1, 3), (2, 1)], 11, 12);
        // A span of 2 buckets at 1, then +3 and -2.
        assert_eq!(message, [0x5a, 4, 0x08, 2, 0x10, 2, 0x62, 2, 6, 3]);
    }
}
