use std::{fmt, sync::Arc};

use crate::Rule;

/// What [`Registry::lint`](crate::Registry::lint) says against a metric.
///
/// Displayed, it is one line.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// The metric's name as Prometheus sees it.
    pub metric: Arc<str>,
    /// The metric's name as the application recorded it.
    pub recorded_name: Arc<str>,
    /// The name of the label that is at fault, if one is.
    pub label: Option<Arc<str>>,
    /// What it offends against.
    pub rule: Rule,
    /// What is wrong and what to do about it.
    pub advice: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} ({})", self.metric, self.advice, self.rule)
    }
}
