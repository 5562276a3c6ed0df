//! The labels at the end of a line.

use steeple_core::text;

use super::{LABELS, Line, make_bare};
use crate::encode::{
    Fields, Format, LONGEST_VALUE, Scalar, field,
    fields::Label,
    name::{push_name, remove_dots},
};

impl Line<'_> {
    /// Adds a label, behind all fields.
    pub(crate) fn label(&mut self, name: &str, value: Scalar<'_>) {
        let before = self.before();
        let cut = match value {
            Scalar::Text(whole) => {
                let cut = text::beginning(whole, LONGEST_VALUE);
                self.is_truncated |= cut.len() < whole.len();
                Scalar::Text(cut)
            }
            value => value,
        };
        self.open_labels(field::is_reserved(name));
        let start = self.out.len();
        push_name(self.out, name);
        if self.encoder.format == Format::Ecs {
            remove_dots(&mut self.out[start..]);
        }
        self.close_name();
        let start = self.out.len();
        cut.push(self.out);
        self.fit_label(start);
        self.keep(before);
    }

    /// Adds labels that were encoded before.
    pub(in crate::encode) fn labels(&mut self, fields: &Fields) {
        for label in fields.labels() {
            let before = self.before();
            self.open_labels(label.is_reserved);
            match self.encoder.format {
                Format::Ecs if label.value[0] == b'"' => {
                    let start = self.out.len();
                    self.out.extend_from_slice(label.whole);
                    if label.has_dots {
                        remove_dots(&mut self.out[start..start + label.name.len()]);
                    }
                }
                Format::Json => self.out.extend_from_slice(label.whole),
                _ => self.separated_label(label),
            }
            self.keep(before);
        }
    }

    pub(super) fn piece_of_labels(&mut self, labels: &[u8]) {
        let [_comma, first @ ..] = labels else {
            return;
        };
        if !self.progress.has_labels {
            self.close_behind_identity();
        }
        if self.encoder.format == Format::Ecs && !self.progress.has_labels {
            self.out.extend_from_slice(LABELS);
            self.out.extend_from_slice(first);
        } else {
            self.out.extend_from_slice(labels);
        }
        self.progress.has_labels = true;
    }

    fn separated_label(&mut self, label: Label<'_>) {
        let start = self.out.len();
        self.out.extend_from_slice(label.name);
        if self.encoder.format == Format::Ecs {
            remove_dots(&mut self.out[start..]);
        }
        self.close_name();
        let start = self.out.len();
        self.out.extend_from_slice(label.value);
        self.fit_label(start);
    }

    /// Goes to where the name of a label is to be. One that is `reserved` has another where fields have none around them.
    fn open_labels(&mut self, reserved: bool) {
        if self.progress.has_labels && self.encoder.format == Format::Ecs {
            return self.out.extend_from_slice(b",\"");
        }
        self.close_behind_identity();
        match self.encoder.format {
            Format::Ecs => self.out.extend_from_slice(LABELS),
            _ => self.separate(),
        }
        self.open_name();
        if reserved && self.encoder.format != Format::Ecs {
            self.out.extend_from_slice(b"labels.");
        }
        self.progress.has_labels = true;
    }

    /// Makes the value of a label that begins at `start`, which is as JSON has it, what the format has: with ECS all are texts, since
    /// what is a number in one line may be none in the next.
    fn fit_label(&mut self, start: usize) {
        match self.encoder.format {
            Format::Ecs if self.out[start] != b'"' => {
                self.out.insert(start, b'"');
                self.out.push(b'"');
            }
            Format::Ecs | Format::Json => {}
            Format::Logfmt | Format::Pretty => make_bare(self.out, start),
        }
    }
}
