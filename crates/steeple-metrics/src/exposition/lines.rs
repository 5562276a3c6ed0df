use super::{
    Escaping, exemplar,
    head::{Dialect, Head},
    label_text::LabelText,
    walk::{Step, Walk},
};
use crate::{
    HistogramSnapshot, RecordedExemplar, SummarySnapshot,
    cell::{Cell, Reading},
    number,
    series::Series,
};

/// Writes a registry in one of the text formats.
#[derive(Debug)]
pub(super) struct Lines {
    dialect: Dialect,
    escaping: Escaping,
    head: Option<Head>,
    labels: LabelText,
    /// What the lines of one histogram's buckets or quantiles begin with.
    opening: String,
    distribution: Reading,
    summary: Option<SummarySnapshot>,
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
            opening: String::new(),
            distribution: Reading::default(),
            summary: None,
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
    fn push_series(&mut self, text: &mut String, series: &Series) {
        let Some(head) = &mut self.head else { return };
        head.push_comments_once(text);
        let labels = self.labels.of(series);
        let mut created = series.created();
        match &series.cell {
            Cell::Counter(cell) => {
                head.push_sample(text, head.counter_suffix(), labels);
                number::push_integer(text, cell.total());
                text.push('\n');
            }
            Cell::Total(cell) => {
                head.push_sample(text, head.counter_suffix(), labels);
                number::push_float(text, cell.total());
                text.push('\n');
            }
            Cell::Gauge(cell) => {
                head.push_sample(text, "", labels);
                number::push_float(text, cell.value());
                text.push('\n');
            }
            Cell::Histogram(cell) => {
                let distribution = cell.classic_into(&mut self.distribution);
                created = series.counted_since(distribution);
                push_buckets(text, &mut self.opening, head, labels, distribution);
                if head.shows_sum(distribution.sum(), distribution.may_fall()) {
                    push_sum(text, head, labels, distribution.sum(), distribution.count());
                }
            }
            Cell::Summary(cell) => {
                let summary = cell.snapshot_into(&mut self.summary);
                push_quantiles(text, &mut self.opening, head, labels, summary);
                if head.shows_sum(summary.sum(), summary.may_fall()) {
                    push_sum(text, head, labels, summary.sum(), summary.count());
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

fn push_sum(text: &mut String, head: &Head, labels: &str, sum: f64, count: u64) {
    head.push_sample(text, "_sum", labels);
    number::push_float(text, sum);
    text.push('\n');
    head.push_sample(text, "_count", labels);
    number::push_integer(text, count);
    text.push('\n');
}

fn push_quantiles(
    text: &mut String,
    opening: &mut String,
    head: &Head,
    labels: &str,
    summary: &SummarySnapshot,
) {
    begin(opening, head, "", labels, "quantile");
    for (quantile, value) in summary.labelled() {
        if head.shows_quantile(value) {
            text.push_str(opening);
            text.push_str(quantile);
            text.push_str("\"} ");
            number::push_float(text, value);
            text.push('\n');
        }
    }
}

/// Writes what samples begin with that differ in this last label.
fn begin(opening: &mut String, head: &Head, suffix: &str, labels: &str, last: &str) {
    opening.clear();
    head.push_opening(opening, suffix);
    opening.push_str(labels);
    if !labels.is_empty() {
        opening.push(',');
    }
    opening.push_str(last);
    opening.push_str("=\"");
}

fn push_buckets(
    text: &mut String,
    bucket: &mut String,
    head: &Head,
    labels: &str,
    distribution: &HistogramSnapshot,
) {
    begin(bucket, head, "_bucket", labels, "le");
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
