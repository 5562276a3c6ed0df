use std::{iter::FusedIterator, vec};

use crate::{FamilySnapshot, Registry, Value, family::SeriesHandle, number};

/// The media type of the text format, [version
/// 0.0.4](https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format).
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// A chunk is handed out once it is at least this long.
const CHUNK_BYTES: usize = 16 * 1_024;

/// A registry's state in the text format, as an iterator of chunks of some 16 KiB; made by
/// [`Registry::exposition`].
///
/// It lists the series of one metric at a time, when its turn comes, reads each series' value as it writes it, and locks
/// nothing in between. Metrics are sorted by name, series by labels.
#[derive(Debug)]
pub struct Exposition {
    registry: Registry,
    families: vec::IntoIter<usize>,
    current: Option<FamilyText>,
}

impl Exposition {
    pub(crate) fn new(registry: Registry) -> Self {
        let families = registry.begin_look().into_iter();
        Self {
            registry,
            families,
            current: None,
        }
    }

    fn next_family(&mut self) -> Option<FamilyText> {
        let (family, series) = self.registry.handles_at(self.families.next()?);
        Some(FamilyText {
            family,
            series: series.into_iter(),
            has_head: false,
        })
    }
}

impl Iterator for Exposition {
    type Item = String;

    fn next(&mut self) -> Option<String> {
        let mut text = String::with_capacity(CHUNK_BYTES + CHUNK_BYTES / 4);
        while text.len() < CHUNK_BYTES {
            let Some(mut family) = self.current.take().or_else(|| self.next_family()) else {
                break;
            };
            if family.push_series(&mut text, &self.registry) {
                self.current = Some(family);
            }
        }
        (!text.is_empty()).then_some(text)
    }
}

impl FusedIterator for Exposition {}

/// A metric that is being written.
#[derive(Debug)]
struct FamilyText {
    /// Without its series.
    family: FamilySnapshot,
    series: vec::IntoIter<SeriesHandle>,
    has_head: bool,
}

impl FamilyText {
    fn push_head(&self, text: &mut String) {
        let FamilySnapshot {
            name, help, kind, ..
        } = &self.family;
        if !help.is_empty() {
            text.extend(["# HELP ", name, " "]);
            push_help(text, help);
            text.push('\n');
        }
        text.extend(["# TYPE ", name, " ", kind.as_str(), "\n"]);
    }

    /// Writes the next series, the first one under the head; tells whether there was one.
    fn push_series(&mut self, text: &mut String, registry: &Registry) -> bool {
        let visible = |(_, series): &SeriesHandle| registry.is_visible(series);
        let Some((labels, series)) = self.series.find(visible) else {
            return false;
        };
        if !self.has_head {
            self.push_head(text);
            self.has_head = true;
        }
        let (name, labels) = (&*self.family.name, labels.as_str());
        match series.cell.value() {
            Value::Counter(total) => {
                push_sample(text, name, "", labels);
                number::push_integer(text, total);
            }
            Value::Gauge(value) => {
                push_sample(text, name, "", labels);
                number::push_float(text, value);
            }
            Value::Histogram(distribution) => {
                let separator = if labels.is_empty() { "" } else { "," };
                for (bound, count) in distribution.cumulative() {
                    for part in [name, "_bucket{", labels, separator, "le=\"", bound, "\"} "] {
                        text.push_str(part);
                    }
                    number::push_integer(text, count);
                    text.push('\n');
                }
                push_sample(text, name, "_sum", labels);
                number::push_float(text, distribution.sum());
                text.push('\n');
                push_sample(text, name, "_count", labels);
                number::push_integer(text, distribution.count());
            }
        }
        text.push('\n');
        true
    }
}

/// Writes a sample up to its value.
fn push_sample(text: &mut String, name: &str, suffix: &str, labels: &str) {
    text.push_str(name);
    text.push_str(suffix);
    if !labels.is_empty() {
        text.push('{');
        text.push_str(labels);
        text.push('}');
    }
    text.push(' ');
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
