use super::Escaping;
use crate::{labels, series::Series};

/// The labels of a series, as the registry knows them or, if it keeps others for this escaping, those.
pub(super) fn labels_for(escaping: Escaping, series: &Series) -> &str {
    let utf8_labels = match escaping {
        Escaping::Underscores => None,
        _ => series.utf8_labels(),
    };
    utf8_labels.unwrap_or(series.labels.as_str())
}

/// Writes the labels of one series after the other as a text format has them between its braces.
#[derive(Debug)]
pub(super) struct LabelText {
    escaping: Escaping,
    escaped: String,
}

impl LabelText {
    pub(super) fn new(escaping: Escaping) -> Self {
        Self {
            escaping,
            escaped: String::new(),
        }
    }

    pub(super) fn of<'a>(&'a mut self, series: &'a Series) -> &'a str {
        let labels = labels_for(self.escaping, series);
        if matches!(self.escaping, Escaping::Underscores | Escaping::AllowUtf8) {
            return labels;
        }
        self.escaped.clear();
        for (label, value) in labels::pairs(labels) {
            if !self.escaped.is_empty() {
                self.escaped.push(',');
            }
            let escaped = &mut self.escaped;
            self.escaping.push_label(escaped, label);
            escaped.push_str("=\"");
            escaped.push_str(value);
            escaped.push('"');
        }
        &self.escaped
    }
}
