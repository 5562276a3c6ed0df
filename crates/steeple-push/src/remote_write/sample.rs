use std::sync::Arc;

use steeple_core::pipeline::Weigh;
use steeple_metrics::{HistogramSnapshot, Kind, Labels, SummarySnapshot};

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
            Reading::Distribution(histogram) => size_of_val(&**histogram) + histogram.heap_bytes(),
            Reading::Summary(summary) => {
                size_of::<SummarySnapshot>() + summary.quantiles().count() * size_of::<f64>()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use steeple_metrics::Registry;

    use super::*;

    #[test]
    #[cfg(target_pointer_width = "64")]
    fn values_take_what_the_documentation_says() {
        assert_eq!(size_of::<Sample>(), 48);

        let registry = Registry::new();
        registry.histogram("wait", &[]).unwrap().record(1.0);
        let snapshot = registry.snapshot();
        let histogram = snapshot.value("wait", &[]).unwrap();
        let histogram = histogram.as_histogram().unwrap();
        assert_eq!(histogram.bounds().len(), 14);
        let bytes = size_of::<Sample>() + size_of_val(histogram) + histogram.heap_bytes();
        assert!((300..400).contains(&bytes), "{bytes}");
    }
}
