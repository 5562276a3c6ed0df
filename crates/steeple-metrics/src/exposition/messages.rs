use super::{
    Escaping,
    fields::{counter, gauge, histogram, label_pair, metric, metric_family, quantile, summary},
    histogram_message::{push_histogram, push_timestamp},
    label_text::labels_for,
    metric::{Metric, TOTAL},
    walk::{Step, Walk},
};
use crate::{
    Kind, SummarySnapshot,
    cell::{Cell, Reading},
    labels,
    protobuf::{push_double, push_nested, push_string, push_unsigned, push_varint},
    series::Series,
};

/// Writes a registry as messages `io.prometheus.client.MetricFamily`, each after its length.
#[derive(Debug)]
pub(super) struct Messages {
    escaping: Escaping,
    /// The metric whose message comes next.
    metric: Option<Metric>,
    /// The message of a metric, which is empty as long as there is no series.
    message: Vec<u8>,
    /// How much of the message was handed out, once it is complete.
    sent: Option<usize>,
    label: String,
    distribution: Reading,
    summary: Option<SummarySnapshot>,
}

impl Messages {
    pub(super) fn new(escaping: Escaping) -> Self {
        Self {
            escaping,
            metric: None,
            message: Vec::new(),
            sent: None,
            label: String::new(),
            distribution: Reading::default(),
            summary: None,
        }
    }

    /// Hands out messages until `chunk` is so long, or everything.
    pub(super) fn push(&mut self, walk: &mut Walk, chunk: &mut Vec<u8>, length: usize) {
        while chunk.len() < length {
            if let Some(sent) = self.sent {
                self.send(chunk, sent, length - chunk.len());
                continue;
            }
            match walk.next() {
                Step::Metric(metric) => {
                    self.complete(chunk);
                    self.metric = Some(metric);
                }
                Step::Series(series) => self.push_series(&series),
                Step::End if self.message.is_empty() => break,
                Step::End => self.complete(chunk),
            }
        }
    }

    /// Begins to hand out the message, if there is one.
    fn complete(&mut self, chunk: &mut Vec<u8>) {
        if !self.message.is_empty() {
            push_varint(chunk, self.message.len() as u64);
            self.sent = Some(0);
        }
    }

    /// Hands out at most so many bytes of the message beyond those `sent`.
    fn send(&mut self, chunk: &mut Vec<u8>, sent: usize, most: usize) {
        let rest = &self.message[sent..];
        let part = &rest[..rest.len().min(most)];
        chunk.extend_from_slice(part);
        if part.len() < rest.len() {
            self.sent = Some(sent + part.len());
        } else {
            self.sent = None;
            self.message.clear();
        }
    }

    /// Writes a series, the first one of its metric after what describes the metric.
    fn push_series(&mut self, series: &Series) {
        if self.message.is_empty() {
            self.push_description();
        }
        let Self {
            message,
            distribution,
            summary: quantiles,
            label,
            ..
        } = self;
        let escaping = self.escaping;
        push_nested(message, metric_family::METRIC, |message| {
            push_labels(message, escaping, label, series);
            match &series.cell {
                Cell::Counter(cell) => push_nested(message, metric::COUNTER, |message| {
                    push_double(message, counter::VALUE, cell.total() as f64);
                    if let Some(created) = series.created() {
                        push_timestamp(message, counter::CREATED_TIMESTAMP, created);
                    }
                }),
                Cell::Total(cell) => push_nested(message, metric::COUNTER, |message| {
                    push_double(message, counter::VALUE, cell.total());
                    if let Some(created) = series.created() {
                        push_timestamp(message, counter::CREATED_TIMESTAMP, created);
                    }
                }),
                Cell::Gauge(cell) => push_nested(message, metric::GAUGE, |message| {
                    push_double(message, gauge::VALUE, cell.value());
                }),
                Cell::Histogram(cell) => push_nested(message, metric::HISTOGRAM, |message| {
                    let distribution = cell.snapshot_into(distribution);
                    push_histogram(message, distribution);
                    if let Some(created) = series.counted_since(distribution) {
                        push_timestamp(message, histogram::CREATED_TIMESTAMP, created);
                    }
                }),
                Cell::Summary(cell) => push_nested(message, metric::SUMMARY, |message| {
                    push_summary(message, cell.snapshot_into(quantiles));
                    if let Some(created) = series.created() {
                        push_timestamp(message, summary::CREATED_TIMESTAMP, created);
                    }
                }),
            }
        });
    }

    fn push_description(&mut self) {
        let Some(metric) = &self.metric else { return };
        let name = metric.shown_name(self.escaping);
        push_string(&mut self.message, metric_family::NAME, &name);
        if !metric.help.is_empty() {
            push_string(&mut self.message, metric_family::HELP, &metric.help);
        }
        let kind = match metric.kind {
            Kind::Counter => 0,
            Kind::Gauge => 1,
            Kind::Histogram if metric.is_summary => 2,
            Kind::Histogram => 4,
        };
        push_unsigned(&mut self.message, metric_family::TYPE, kind);
        let counted = name.strip_suffix(TOTAL);
        let counted = counted.filter(|_| metric.kind == Kind::Counter);
        if let Some(unit) = metric.unit_at_end_of(counted.unwrap_or(&name)) {
            push_string(&mut self.message, metric_family::UNIT, unit);
        }
    }
}

fn push_summary(message: &mut Vec<u8>, quantiles: &SummarySnapshot) {
    push_unsigned(message, summary::SAMPLE_COUNT, quantiles.count());
    push_double(message, summary::SAMPLE_SUM, quantiles.sum());
    for (of, value) in quantiles.quantiles() {
        push_nested(message, summary::QUANTILE, |message| {
            push_double(message, quantile::QUANTILE, of);
            push_double(message, quantile::VALUE, value);
        });
    }
}

fn push_labels(message: &mut Vec<u8>, escaping: Escaping, scratch: &mut String, series: &Series) {
    for (label, value) in labels::pairs(labels_for(escaping, series)) {
        push_nested(message, metric::LABEL, |message| {
            scratch.clear();
            escaping.push_label(scratch, label);
            push_string(message, label_pair::NAME, scratch);
            scratch.clear();
            labels::push_unescaped(scratch, value);
            push_string(message, label_pair::VALUE, scratch);
        });
    }
}
