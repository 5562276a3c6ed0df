//! Samples as a [`WriteRequest`](https://github.com/prometheus/prometheus/blob/v2.42.0/prompb/remote.proto).

use std::sync::Arc;

use steeple_metrics::{
    Kind,
    protobuf::{push_nested, push_string, push_unsigned},
};

use super::{
    fields::{metric_metadata, write_request},
    sample::{Metric, Reading, Sample},
    series::Series,
};

/// How all series are written.
#[derive(Clone)]
pub(super) struct Style {
    /// What they get unless they have it of their own.
    pub(super) labels: Vec<(String, String)>,
    pub(super) native_histograms: bool,
}

/// Writes `samples`, and what their metrics are.
pub(super) fn write_request(samples: &[Sample], style: &Style) -> Vec<u8> {
    let mut request = Vec::new();
    let mut described: Option<&Arc<Metric>> = None;
    for sample in samples {
        if described.is_none_or(|metric| !Arc::ptr_eq(metric, &sample.metric)) {
            described = Some(&sample.metric);
            push_metadata(&mut request, sample);
        }
        let series = Series::new(sample, &style.labels);
        match &sample.reading {
            Reading::Number(value) => series.push_number(&mut request, "", *value),
            Reading::Distribution(histogram) => {
                if style.native_histograms {
                    series.push_native(&mut request, histogram);
                }
                series.push_histogram(&mut request, histogram);
            }
            Reading::Summary(summary) => series.push_summary(&mut request, summary),
        }
    }
    request
}

fn push_metadata(request: &mut Vec<u8>, sample: &Sample) {
    let kind = match (&sample.reading, sample.metric.kind) {
        (Reading::Distribution(_), _) => 3,
        (Reading::Summary(_), _) => 5,
        (Reading::Number(_), Kind::Counter) => 1,
        (Reading::Number(_), _) => 2,
    };
    let Metric { name, help, .. } = &*sample.metric;
    push_nested(request, write_request::METADATA, |metadata| {
        push_unsigned(metadata, metric_metadata::TYPE, kind);
        push_string(metadata, metric_metadata::METRIC_FAMILY_NAME, name);
        push_string(metadata, metric_metadata::HELP, help);
    });
}
