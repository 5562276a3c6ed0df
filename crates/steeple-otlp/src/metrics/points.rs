//! The points of a metric, one for each series.

use std::time::SystemTime;

use steeple_metrics::{
    HistogramSnapshot, Labels, NativeSnapshot, SummarySnapshot, Value,
    protobuf::{push_bytes, push_double, push_fixed64, push_nested},
};

use super::{HistogramAggregation, exponential::Exponential, labels, memory::Reading};
use crate::{
    fields::{
        exemplar, exponential_point, histogram_point, metric, number_point, point, summary_point,
    },
    time::unix_nanos,
};

/// What a metric's points are of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    Gauge,
    /// A sum that goes up and down.
    UpDownCounter,
    Counter,
    Histogram,
    Exponential,
    Summary,
}

impl Shape {
    pub(super) fn of(
        value: &Value,
        goes_up_and_down: bool,
        preferred: HistogramAggregation,
    ) -> Option<Self> {
        Some(match value {
            Value::Counter(_) | Value::Total(_) => Self::Counter,
            Value::Gauge(_) if goes_up_and_down => Self::UpDownCounter,
            Value::Gauge(_) => Self::Gauge,
            Value::Histogram(histogram) => {
                let is_preferred = preferred == HistogramAggregation::Exponential;
                match histogram.native() {
                    Some(_) if is_preferred || histogram.bounds().is_empty() => Self::Exponential,
                    _ => Self::Histogram,
                }
            }
            Value::Summary(_) => Self::Summary,
            // Of a kind that cannot be told yet.
            _ => return None,
        })
    }
}

/// The moments that points are about.
#[derive(Clone, Copy)]
pub(super) struct Times {
    pub(super) now: SystemTime,
    /// The last collection: exemplars from before were told then.
    pub(super) collected: SystemTime,
}

/// Writes a point.
pub(super) fn push(
    points: &mut Vec<u8>,
    shape: Shape,
    series: &Labels,
    reading: &Reading<'_>,
    times: Times,
) {
    push_nested(points, metric::DATA_POINTS, |message| {
        if shape != Shape::Gauge {
            push_fixed64(message, point::START, unix_nanos(reading.start));
        }
        push_fixed64(message, point::TIME, unix_nanos(times.now));
        match (&*reading.value, shape) {
            (Value::Counter(total), _) => {
                labels::push(message, number_point::ATTRIBUTES, series);
                push_total(message, *total);
            }
            (Value::Total(value) | Value::Gauge(value), _) => {
                labels::push(message, number_point::ATTRIBUTES, series);
                push_double(message, number_point::DOUBLE, *value);
            }
            (Value::Histogram(histogram), Shape::Exponential) => {
                labels::push(message, exponential_point::ATTRIBUTES, series);
                if let Some(native) = histogram.native() {
                    push_exponential(message, histogram, native);
                }
                push_exemplars(message, exponential_point::EXEMPLARS, histogram, times);
            }
            (Value::Histogram(histogram), _) => {
                labels::push(message, histogram_point::ATTRIBUTES, series);
                push_explicit(message, histogram);
                push_exemplars(message, histogram_point::EXEMPLARS, histogram, times);
            }
            (Value::Summary(summary), _) => {
                labels::push(message, summary_point::ATTRIBUTES, series);
                push_summary(message, summary);
            }
            // It has no shape.
            _ => {}
        }
    });
}

fn push_total(message: &mut Vec<u8>, total: u64) {
    match i64::try_from(total) {
        Ok(_) => push_fixed64(message, number_point::INT, total),
        Err(_) => push_double(message, number_point::DOUBLE, total as f64),
    }
}

fn push_explicit(message: &mut Vec<u8>, histogram: &HistogramSnapshot) {
    push_fixed64(message, histogram_point::COUNT, histogram.count());
    let bounds = histogram.bounds();
    if bounds.first().is_none_or(|lowest| *lowest >= 0.0) {
        push_sum(message, histogram_point::SUM, histogram.sum());
    }
    push_nested(message, histogram_point::BUCKET_COUNTS, |counts| {
        let each = histogram.buckets().iter();
        counts.extend(each.flat_map(|count| count.to_le_bytes()));
    });
    push_nested(message, histogram_point::BOUNDS, |message| {
        message.extend(bounds.iter().flat_map(|bound| bound.to_le_bytes()));
    });
}

fn push_exponential(message: &mut Vec<u8>, histogram: &HistogramSnapshot, native: &NativeSnapshot) {
    // That of the buckets themselves: a histogram that starts over is told of those.
    let buckets = native.positive.iter().chain(&native.negative);
    let count = buckets.fold(native.zero_count, |count, (_, bucket)| {
        count.wrapping_add(*bucket)
    });
    push_fixed64(message, exponential_point::COUNT, count);
    if native.negative.is_empty() {
        push_sum(message, exponential_point::SUM, histogram.sum());
    }
    push_fixed64(message, exponential_point::ZERO_COUNT, native.zero_count);
    push_double(
        message,
        exponential_point::ZERO_THRESHOLD,
        native.zero_threshold,
    );
    Exponential::new(native).encode(message);
}

/// A sum that may go down is not told: where values may be negative, the [protocol] has it left out.
///
/// [protocol]: https://github.com/open-telemetry/opentelemetry-proto/blob/v1.9.0/opentelemetry/proto/metrics/v1/metrics.proto
fn push_sum(message: &mut Vec<u8>, field: u32, sum: f64) {
    if sum >= 0.0 {
        push_double(message, field, sum);
    }
}

fn push_exemplars(message: &mut Vec<u8>, field: u32, histogram: &HistogramSnapshot, times: Times) {
    let exemplars = histogram.exemplars();
    for recorded in exemplars.filter(|recorded| recorded.at >= times.collected) {
        push_nested(message, field, |message| {
            push_fixed64(message, exemplar::TIME, unix_nanos(recorded.at));
            push_double(message, exemplar::DOUBLE, recorded.value);
            push_bytes(message, exemplar::SPAN_ID, &recorded.exemplar.span_id);
            push_bytes(message, exemplar::TRACE_ID, &recorded.exemplar.trace_id);
        });
    }
}

fn push_summary(message: &mut Vec<u8>, summary: &SummarySnapshot) {
    push_fixed64(message, summary_point::COUNT, summary.count());
    push_double(message, summary_point::SUM, summary.sum());
    for (quantile, value) in summary.quantiles() {
        push_nested(message, summary_point::QUANTILES, |message| {
            push_double(message, summary_point::QUANTILE, quantile);
            push_double(message, summary_point::VALUE, value);
        });
    }
}
