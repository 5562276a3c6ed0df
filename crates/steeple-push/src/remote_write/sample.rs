use std::sync::Arc;

use steeple_core::pipeline::Weigh;
use steeple_metrics::{HistogramSnapshot, Kind, Labels, RecordedExemplar, SummarySnapshot};

/// What the series of one metric share.
#[derive(Debug)]
pub(super) struct Metric {
    pub(super) name: Arc<str>,
    pub(super) kind: Kind,
    pub(super) help: Arc<str>,
}

/// The value of one series at one time.
#[derive(Debug)]
pub(super) struct Sample {
    pub(super) metric: Arc<Metric>,
    pub(super) labels: Labels,
    pub(super) reading: Reading,
    /// In milliseconds since the epoch.
    pub(super) at: i64,
}

/// What a series was at.
#[derive(Debug)]
pub(super) enum Reading {
    Number(f64),
    Distribution(Box<HistogramSnapshot>),
    Summary(Box<SummarySnapshot>),
}

impl Weigh for Sample {
    /// Names and labels are the registry's, which has them anyway.
    fn heap_bytes(&self) -> usize {
        match &self.reading {
            Reading::Number(_) => 0,
            Reading::Distribution(histogram) => histogram_bytes(histogram),
            Reading::Summary(summary) => {
                size_of::<SummarySnapshot>() + summary.quantiles().count() * size_of::<f64>()
            }
        }
    }
}

fn histogram_bytes(histogram: &HistogramSnapshot) -> usize {
    let buckets = histogram.buckets().len();
    let has_exemplars = (0..buckets).any(|bucket| histogram.exemplar(bucket).is_some());
    let exemplar = if has_exemplars {
        size_of::<Option<RecordedExemplar>>()
    } else {
        0
    };
    let native = histogram.native().map_or(0, |native| {
        (native.positive.len() + native.negative.len()) * size_of::<(i32, u64)>()
    });
    size_of::<HistogramSnapshot>() + buckets * (size_of::<u64>() + exemplar) + native
}
