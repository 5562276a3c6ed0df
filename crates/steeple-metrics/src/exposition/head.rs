use super::{
    Escaping,
    metric::{Metric, TOTAL},
};
use crate::{Kind, labels, name};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    Prometheus,
    OpenMetrics,
}

/// What the lines of a metric have in common in a text format.
#[derive(Debug)]
pub(super) struct Head {
    dialect: Dialect,
    metric: Metric,
    /// The name in comments, to which samples append their suffix; escaped for quotes if it stands between them.
    name: String,
    quoted: bool,
    /// Whether it is a counter of OpenMetrics, whose sample has a suffix.
    is_open_counter: bool,
    has_comments: bool,
}

impl Head {
    pub(super) fn new(metric: Metric, dialect: Dialect, escaping: Escaping) -> Self {
        let mut name = metric.shown_name(escaping);
        let is_open_counter =
            dialect == Dialect::OpenMetrics && metric.is_named_as_counter && name.ends_with(TOTAL);
        if is_open_counter {
            name.truncate(name.len() - TOTAL.len());
        }
        let quoted = !name::is_allowed(name.chars(), name::is_metric_character);
        if quoted {
            let mut escaped = String::new();
            labels::push_escaped(&mut escaped, &name);
            name = escaped;
        }
        Self {
            dialect,
            metric,
            name,
            quoted,
            is_open_counter,
            has_comments: false,
        }
    }

    /// Writes what stands above the metric's samples, the first time.
    pub(super) fn push_comments_once(&mut self, text: &mut String) {
        if self.has_comments {
            return;
        }
        self.has_comments = true;
        let help = &*self.metric.help;
        if !help.is_empty() {
            self.push_comment(text, "HELP");
            match self.dialect {
                Dialect::Prometheus => push_help(text, help),
                Dialect::OpenMetrics => labels::push_escaped(text, help),
            }
            text.push('\n');
        }
        self.push_comment(text, "TYPE");
        text.push_str(self.kind());
        text.push('\n');
        let unit = self.metric.unit_at_end_of(&self.name);
        if let Some(unit) = unit.filter(|_| self.dialect == Dialect::OpenMetrics) {
            self.push_comment(text, "UNIT");
            text.push_str(unit);
            text.push('\n');
        }
    }

    /// Writes a sample up to its value.
    pub(super) fn push_sample(&self, text: &mut String, suffix: &str, labels: &str) {
        if labels.is_empty() && !self.quoted {
            text.push_str(&self.name);
            text.push_str(suffix);
        } else {
            self.push_opening(text, suffix);
            if labels.is_empty() {
                // There is no label after the name's comma.
                text.pop();
            }
            text.push_str(labels);
            text.push('}');
        }
        text.push(' ');
    }

    /// Writes a sample with labels up to its first label.
    pub(super) fn push_opening(&self, text: &mut String, suffix: &str) {
        if self.quoted {
            text.push_str("{\"");
            text.push_str(&self.name);
            text.push_str(suffix);
            text.push_str("\",");
        } else {
            text.push_str(&self.name);
            text.push_str(suffix);
            text.push('{');
        }
    }

    /// What the sample of a counter appends to the name.
    pub(super) fn counter_suffix(&self) -> &'static str {
        if self.is_open_counter { TOTAL } else { "" }
    }

    /// Whether a histogram has a sum, and with it a count: OpenMetrics wants one that only grows.
    pub(super) fn shows_sum(&self, sum: f64, may_fall: bool) -> bool {
        self.dialect == Dialect::Prometheus || (sum >= 0.0 && !may_fall)
    }

    /// Whether a quantile may have this value.
    pub(super) fn shows_quantile(&self, value: f64) -> bool {
        // OpenMetrics wants none that is negative.
        self.dialect == Dialect::Prometheus || value.is_nan() || value >= 0.0
    }

    /// Whether samples carry exemplars.
    pub(super) fn shows_exemplars(&self) -> bool {
        self.dialect == Dialect::OpenMetrics
    }

    /// Whether samples are followed by the time of their creation.
    pub(super) fn shows_creation(&self) -> bool {
        self.dialect == Dialect::OpenMetrics
            && (self.is_open_counter || self.metric.kind == Kind::Histogram)
    }

    fn kind(&self) -> &'static str {
        let is_counter = self.metric.kind == Kind::Counter;
        if self.dialect == Dialect::OpenMetrics && is_counter && !self.is_open_counter {
            "unknown"
        } else if self.metric.is_summary {
            "summary"
        } else {
            self.metric.kind.as_str()
        }
    }

    fn push_comment(&self, text: &mut String, keyword: &str) {
        let quote = if self.quoted { "\"" } else { "" };
        for part in ["# ", keyword, " ", quote, &self.name, quote, " "] {
            text.push_str(part);
        }
    }
}

fn push_help(text: &mut String, help: &str) {
    for character in help.chars() {
        match character {
            '\\' => text.push_str("\\\\"),
            '\n' => text.push_str("\\n"),
            other => text.push(other),
        }
    }
}
