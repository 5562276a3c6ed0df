use super::Escaping;
use crate::{family::SeriesHandle, labels, name};

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

    pub(super) fn of<'a>(&'a mut self, (labels, series): &'a SeriesHandle) -> &'a str {
        let shown = match self.escaping {
            Escaping::Underscores => None,
            _ => series.utf8_labels(),
        };
        let shown = shown.unwrap_or(labels.as_str());
        if matches!(self.escaping, Escaping::Underscores | Escaping::AllowUtf8) {
            return shown;
        }
        self.escaped.clear();
        for (label, value) in labels::pairs(shown) {
            if !self.escaped.is_empty() {
                self.escaped.push(',');
            }
            let label = labels::unescaped_characters(label);
            let escaped = &mut self.escaped;
            self.escaping
                .push_name(escaped, label, name::is_label_character);
            escaped.push_str("=\"");
            escaped.push_str(value);
            escaped.push('"');
        }
        &self.escaped
    }
}
