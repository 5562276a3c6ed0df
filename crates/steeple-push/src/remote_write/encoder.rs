//! Samples as a [`WriteRequest`](https://github.com/prometheus/prometheus/blob/v2.42.0/prompb/remote.proto).

use std::sync::Arc;

use steeple_metrics::Kind;

use super::{
    fields::{metric_metadata, write_request},
    sample::{Metric, Reading, Sample},
    series::Series,
    wire::{push_integer, push_nested, push_string},
};

/// Writes `samples`, whose labels win over the `common` ones, and what their metrics are.
pub(super) fn write_request(samples: &[Sample], common: &[(String, String)]) -> Vec<u8> {
    let mut request = Vec::new();
    let mut described: Option<&Arc<Metric>> = None;
    for sample in samples {
        if described.is_none_or(|metric| !Arc::ptr_eq(metric, &sample.metric)) {
            described = Some(&sample.metric);
            push_metadata(&mut request, &sample.metric);
        }
        let series = Series::new(sample, common);
        match &sample.reading {
            Reading::Number(value) => series.push_number(&mut request, "", *value),
            Reading::Distribution(histogram) => series.push_histogram(&mut request, histogram),
        }
    }
    request
}

fn push_metadata(request: &mut Vec<u8>, metric: &Metric) {
    let kind = match metric.kind {
        Kind::Counter => 1,
        Kind::Gauge => 2,
        Kind::Histogram => 3,
        _ => 0,
    };
    push_nested(request, write_request::METADATA, |metadata| {
        push_integer(metadata, metric_metadata::TYPE, kind);
        push_string(metadata, metric_metadata::METRIC_FAMILY_NAME, &metric.name);
        push_string(metadata, metric_metadata::HELP, &metric.help);
    });
}
