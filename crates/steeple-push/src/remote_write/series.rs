//! The time series that one sample makes: one, or for a histogram several.

use std::{borrow::Cow, fmt::Write as _};

use steeple_metrics::{
    HistogramSnapshot, RecordedExemplar, SummarySnapshot,
    protobuf::{push_double, push_nested, push_string, push_unsigned},
};

use super::{
    collector::milliseconds,
    fields::{exemplar, label, sample, time_series, write_request},
    native,
    sample::Sample,
};

/// The label that is a series' name.
const NAME: &str = "__name__";

/// What the time series of one sample have in common.
pub(super) struct Series<'a> {
    name: &'a str,
    /// Sorted by name, without `__name__`.
    labels: Vec<(&'a str, Cow<'a, str>)>,
    at: i64,
}

impl<'a> Series<'a> {
    pub(super) fn new(sample: &'a Sample, common: &'a [(String, String)]) -> Self {
        let mut labels: Vec<_> = sample.labels.iter().collect();
        for (name, value) in common {
            if labels.iter().all(|(own, _)| own != name) {
                labels.push((name, value.into()));
            }
        }
        labels.sort_unstable();
        Self {
            name: &sample.metric.name,
            labels,
            at: sample.at,
        }
    }

    pub(super) fn push_number(&self, request: &mut Vec<u8>, suffix: &str, value: f64) {
        self.push(request, suffix, None, |series| {
            self.push_sample(series, value);
        });
    }

    pub(super) fn push_native(&self, request: &mut Vec<u8>, histogram: &HistogramSnapshot) {
        if let Some(native) = histogram.native() {
            self.push(request, "", None, |series| {
                push_nested(series, time_series::HISTOGRAMS, |message| {
                    native::push(message, native, histogram.sum(), self.at);
                });
                // With classic buckets these have them. Of several, a backend takes those only that are later than what it has.
                if histogram.bounds().is_empty()
                    && let Some(recorded) = histogram.exemplar(0)
                {
                    push_exemplar(series, &recorded);
                }
            });
        }
    }

    /// Sum and count are written of one that is native only, too.
    pub(super) fn push_histogram(&self, request: &mut Vec<u8>, histogram: &HistogramSnapshot) {
        if histogram.native().is_none() || !histogram.bounds().is_empty() {
            self.push_buckets(request, histogram);
        }
        self.push_number(request, "_sum", histogram.sum());
        self.push_number(request, "_count", histogram.count() as f64);
    }

    pub(super) fn push_summary(&self, request: &mut Vec<u8>, summary: &SummarySnapshot) {
        for (quantile, value) in summary.labelled() {
            self.push(request, "", Some(("quantile", quantile)), |series| {
                self.push_sample(series, value);
            });
        }
        self.push_number(request, "_sum", summary.sum());
        self.push_number(request, "_count", summary.count() as f64);
    }

    fn push_buckets(&self, request: &mut Vec<u8>, histogram: &HistogramSnapshot) {
        for (bucket, (bound, count)) in histogram.cumulative().enumerate() {
            self.push(request, "_bucket", Some(("le", bound)), |series| {
                self.push_sample(series, count as f64);
                if let Some(recorded) = histogram.exemplar(bucket) {
                    push_exemplar(series, &recorded);
                }
            });
        }
    }

    /// Writes a time series with one more label, maybe, and with what `values` writes.
    fn push(
        &self,
        request: &mut Vec<u8>,
        suffix: &str,
        label: Option<(&str, &str)>,
        values: impl FnOnce(&mut Vec<u8>),
    ) {
        let name = [self.name, suffix].concat();
        // Sorted, too.
        let own = [Some((NAME, &*name)), label];
        push_nested(request, write_request::TIMESERIES, |series| {
            let mut own = own.into_iter().flatten().peekable();
            for (name, value) in &self.labels {
                while let Some((name, value)) = own.next_if(|(own, _)| own < name) {
                    push_label(series, time_series::LABELS, name, value);
                }
                // One label of the name is enough; a common one can have it.
                if own.peek().is_none_or(|(own, _)| own != name) {
                    push_label(series, time_series::LABELS, name, value);
                }
            }
            for (name, value) in own {
                push_label(series, time_series::LABELS, name, value);
            }
            values(series);
        });
    }

    fn push_sample(&self, series: &mut Vec<u8>, value: f64) {
        push_nested(series, time_series::SAMPLES, |message| {
            push_double(message, sample::VALUE, value);
            push_unsigned(message, sample::TIMESTAMP, self.at as u64);
        });
    }
}

fn push_exemplar(series: &mut Vec<u8>, recorded: &RecordedExemplar) {
    push_nested(series, time_series::EXEMPLARS, |message| {
        let trace = recorded.exemplar;
        push_label(message, exemplar::LABELS, "span_id", &hex(&trace.span_id));
        push_label(message, exemplar::LABELS, "trace_id", &hex(&trace.trace_id));
        push_double(message, exemplar::VALUE, recorded.value);
        let at = milliseconds(recorded.at);
        push_unsigned(message, exemplar::TIMESTAMP, at as u64);
    });
}

fn push_label(message: &mut Vec<u8>, field: u32, name: &str, value: &str) {
    push_nested(message, field, |message| {
        push_string(message, label::NAME, name);
        push_string(message, label::VALUE, value);
    });
}

fn hex(id: &[u8]) -> String {
    id.iter().fold(String::new(), |mut text, byte| {
        let written = write!(text, "{byte:02x}");
        debug_assert!(written.is_ok(), "a String takes every write");
        text
    })
}
