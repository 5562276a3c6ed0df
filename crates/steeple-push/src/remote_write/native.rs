//! [Native histograms](https://prometheus.io/docs/specs/native_histograms/).

use steeple_metrics::{
    NativeSnapshot,
    protobuf::{push_deltas, push_double, push_signed, push_spans, push_unsigned},
};

use super::fields::histogram;

/// Writes a `Histogram`.
pub(super) fn push(message: &mut Vec<u8>, native: &NativeSnapshot, sum: f64, at: i64) {
    push_unsigned(message, histogram::COUNT_INT, count(native));
    push_double(message, histogram::SUM, sum);
    push_signed(message, histogram::SCHEMA, native.schema.into());
    push_double(message, histogram::ZERO_THRESHOLD, native.zero_threshold);
    push_unsigned(message, histogram::ZERO_COUNT_INT, native.zero_count);
    push_spans(message, histogram::NEGATIVE_SPANS, &native.negative);
    push_deltas(message, histogram::NEGATIVE_DELTAS, &native.negative);
    push_spans(message, histogram::POSITIVE_SPANS, &native.positive);
    push_deltas(message, histogram::POSITIVE_DELTAS, &native.positive);
    push_unsigned(message, histogram::TIMESTAMP, at as u64);
}

/// That of the buckets themselves, as a receiver checks.
fn count(native: &NativeSnapshot) -> u64 {
    let buckets = native.positive.iter().chain(&native.negative);
    buckets.fold(native.zero_count, |count, (_, bucket)| {
        count.wrapping_add(*bucket)
    })
}
