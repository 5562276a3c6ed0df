use std::time::{SystemTime, UNIX_EPOCH};

use super::{
    exemplar::labels,
    fields::{bucket, exemplar, histogram, label_pair, timestamp},
};
use crate::{
    HistogramSnapshot, NativeSnapshot, RecordedExemplar,
    protobuf::{
        push_deltas, push_double, push_nested, push_signed, push_span, push_spans, push_string,
        push_unsigned,
    },
};

/// Writes the fields of a histogram: classic buckets if it has bounds, native ones if it has these.
pub(super) fn push_histogram(message: &mut Vec<u8>, distribution: &HistogramSnapshot) {
    push_unsigned(message, histogram::SAMPLE_COUNT, distribution.count());
    push_double(message, histogram::SAMPLE_SUM, distribution.sum());
    let native = distribution.native();
    if native.is_none() || !distribution.bounds().is_empty() {
        push_buckets(message, distribution);
    } else {
        for recorded in distribution.exemplars() {
            push_exemplar(message, histogram::EXEMPLARS, recorded);
        }
    }
    if let Some(native) = native {
        push_native(message, native);
    }
}

pub(super) fn push_timestamp(message: &mut Vec<u8>, field: u32, moment: SystemTime) {
    let since = moment.duration_since(UNIX_EPOCH).unwrap_or_default();
    push_nested(message, field, |message| {
        push_unsigned(message, timestamp::SECONDS, since.as_secs());
        push_unsigned(message, timestamp::NANOS, u64::from(since.subsec_nanos()));
    });
}

fn push_buckets(message: &mut Vec<u8>, distribution: &HistogramSnapshot) {
    let bounds = distribution.bounds().iter().chain([&f64::INFINITY]);
    let counts = distribution.cumulative().map(|(_, count)| count);
    for (index, (bound, count)) in bounds.zip(counts).enumerate() {
        push_nested(message, histogram::BUCKET, |message| {
            push_unsigned(message, bucket::CUMULATIVE_COUNT, count);
            push_double(message, bucket::UPPER_BOUND, *bound);
            if let Some(recorded) = distribution.exemplar(index) {
                push_exemplar(message, bucket::EXEMPLAR, recorded);
            }
        });
    }
}

fn push_exemplar(message: &mut Vec<u8>, field: u32, recorded: RecordedExemplar) {
    push_nested(message, field, |message| {
        for (name, id) in labels(&recorded.exemplar) {
            push_nested(message, exemplar::LABEL, |message| {
                push_string(message, label_pair::NAME, name);
                push_nested(message, label_pair::VALUE, |message| message.extend(id));
            });
        }
        push_double(message, exemplar::VALUE, recorded.value);
        push_timestamp(message, exemplar::TIMESTAMP, recorded.at);
    });
}

fn push_native(message: &mut Vec<u8>, native: &NativeSnapshot) {
    push_signed(message, histogram::SCHEMA, i64::from(native.schema));
    push_double(message, histogram::ZERO_THRESHOLD, native.zero_threshold);
    push_unsigned(message, histogram::ZERO_COUNT, native.zero_count);
    push_spans(message, histogram::NEGATIVE_SPAN, &native.negative);
    push_deltas(message, histogram::NEGATIVE_DELTA, &native.negative);
    push_spans(message, histogram::POSITIVE_SPAN, &native.positive);
    push_deltas(message, histogram::POSITIVE_DELTA, &native.positive);
    let is_empty = native.positive.is_empty() && native.negative.is_empty();
    if is_empty && native.zero_count == 0 && native.zero_threshold == 0.0 {
        // Without a span it would look like a classic histogram.
        push_span(message, histogram::POSITIVE_SPAN, 0, 0);
    }
}
