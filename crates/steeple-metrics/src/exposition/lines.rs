use super::{
    Escaping, exemplar,
    head::{Dialect, Head},
    label_text::LabelText,
    walk::{Step, Walk},
};
use crate::{HistogramSnapshot, RecordedExemplar, cell::Cell, family::SeriesHandle, number};

/// Writes a registry in one of the text formats.
#[derive(Debug)]
pub(super) struct Lines {
    dialect: Dialect,
    escaping: Escaping,
    head: Option<Head>,
    labels: LabelText,
    /// What the lines of one histogram's buckets begin with.
    bucket: String,
    distribution: Option<HistogramSnapshot>,
    /// Whether everything is written.
    ended: bool,
}

impl Lines {
    pub(super) fn prometheus(escaping: Escaping) -> Self {
        Self::new(Dialect::Prometheus, escaping)
    }

    pub(super) fn open_metrics(escaping: Escaping) -> Self {
        Self::new(Dialect::OpenMetrics, escaping)
    }

    fn new(dialect: Dialect, escaping: Escaping) -> Self {
        Self {
            dialect,
            escaping,
            head: None,
            labels: LabelText::new(escaping),
            bucket: String::new(),
            distribution: None,
            ended: false,
        }
    }

    /// Writes whole series until the text is so long, or everything.
    pub(super) fn push(&mut self, walk: &mut Walk, text: &mut String, length: usize) {
        while text.len() < length && !self.ended {
            match walk.next() {
                Step::Metric(metric) => {
                    self.head = Some(Head::new(metric, self.dialect, self.escaping));
                }
                Step::Series(series) => self.push_series(text, &series),
                Step::End => {
                    if self.dialect == Dialect::OpenMetrics {
                        text.push_str("# EOF\n");
                    }
                    self.ended = true;
                }
            }
        }
    }

    /// Writes a series, the first one of its metric under the metric's comments.
    fn push_series(&mut self, text: &mut String, series: &SeriesHandle) {
        let Some(head) = &mut self.head else { return };
        head.push_comments_once(text);
        let labels = self.labels.of(series);
        let (_, series) = series;
        let mut created = series.created();
        match &series.cell {
            Cell::Counter(cell) => {
                head.push_sample(text, head.counter_suffix(), labels);
                number::push_integer(text, cell.total());
                text.push('\n');
            }
            Cell::Gauge(cell) => {
                head.push_sample(text, "", labels);
                number::push_float(text, cell.value());
                text.push('\n');
            }
            Cell::Histogram(cell) => {
                let distribution = cell.snapshot_into(&mut self.distribution);
                created = series.counted_since(distribution);
                push_buckets(text, &mut self.bucket, head, labels, distribution);
                if head.shows_sum(distribution) {
                    head.push_sample(text, "_sum", labels);
                    number::push_float(text, distribution.sum());
                    text.push('\n');
                    head.push_sample(text, "_count", labels);
                    number::push_integer(text, distribution.count());
                    text.push('\n');
                }
            }
        }
        if let Some(created) = created.filter(|_| head.shows_creation()) {
            head.push_sample(text, "_created", labels);
            number::push_seconds(text, created);
            text.push('\n');
        }
    }
}

fn push_buckets(
    text: &mut String,
    bucket: &mut String,
    head: &Head,
    labels: &str,
    distribution: &HistogramSnapshot,
) {
    bucket.clear();
    head.push_opening(bucket, "_bucket");
    bucket.push_str(labels);
    if !labels.is_empty() {
        bucket.push(',');
    }
    bucket.push_str("le=\"");
    for (index, (bound, count)) in distribution.cumulative().enumerate() {
        text.push_str(bucket);
        text.push_str(bound);
        text.push_str("\"} ");
        number::push_integer(text, count);
        if let Some(recorded) = distribution
            .exemplar(index)
            .filter(|_| head.shows_exemplars())
        {
            push_exemplar(text, recorded);
        }
        text.push('\n');
    }
}

fn push_exemplar(text: &mut String, recorded: RecordedExemplar) {
    let mut separator = " # {";
    for (name, id) in exemplar::labels(&recorded.exemplar) {
        text.extend([separator, name, "=\""]);
        text.extend(id.map(char::from));
        text.push('"');
        separator = ",";
    }
    text.push_str("} ");
    number::push_float(text, recorded.value);
    text.push(' ');
    number::push_seconds(text, recorded.at);
}
