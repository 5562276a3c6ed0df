use std::sync::Arc;

use metrics::Unit;

use super::Escaping;
use crate::{Kind, name};

/// What a counter's name ends in.
pub(super) const TOTAL: &str = "_total";

/// What is to be known of a metric besides its series.
#[derive(Debug)]
pub(crate) struct Metric {
    /// The name with underscores.
    pub(crate) name: Arc<str>,
    /// The name in which Prometheus allows every character, where that is another one and is wanted.
    pub(crate) utf8_name: Option<Arc<str>>,
    pub(crate) kind: Kind,
    /// Whether it is a histogram that is exposed by its quantiles.
    pub(crate) is_summary: bool,
    /// Whether it is a counter whose name is one of a counter to OpenMetrics too.
    pub(crate) is_named_as_counter: bool,
    pub(crate) unit: Option<Unit>,
    pub(crate) help: Arc<str>,
}

impl Metric {
    /// The name as it is shown, without quotes.
    pub(super) fn shown_name(&self, escaping: Escaping) -> String {
        let utf8_name = self.utf8_name.as_ref();
        let name = match escaping {
            Escaping::Underscores => &self.name,
            _ => utf8_name.unwrap_or(&self.name),
        };
        let mut shown = String::with_capacity(name.len());
        escaping.push_name(&mut shown, name.chars(), name::is_metric_character);
        shown
    }

    /// The word of the unit, if that name ends in it.
    pub(super) fn unit_at_end_of(&self, name: &str) -> Option<&'static str> {
        let word = name::unit_suffix(self.unit?)?;
        let ends = name.strip_suffix(word)?.ends_with('_');
        ends.then_some(word)
    }
}
