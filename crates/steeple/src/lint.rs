//! Findings about the application's own metrics.

use std::{
    collections::HashSet,
    sync::{Arc, OnceLock},
};

use steeple_metrics::{Finding, Registry};

/// The metrics that steeple records, as far as they are known; nobody but steeple can mend them.
#[derive(Clone, Default)]
pub(crate) struct OwnMetrics(Arc<OnceLock<HashSet<String>>>);

impl OwnMetrics {
    /// Those that the registry knows now, before the application has recorded anything.
    pub(crate) fn are_those_of(&self, registry: &Registry) {
        let _ = self.0.set(registry.recorded_names().into_iter().collect());
    }

    /// Whether the finding is about one of them.
    pub(crate) fn have(&self, finding: &Finding) -> bool {
        let names = self.0.get();
        finding.metric.starts_with("steeple_")
            || names.is_some_and(|names| names.contains(&*finding.recorded_name))
    }
}

/// Warns of what is found about other metrics than `own`.
pub(crate) fn warn_of_all_but(own: &OwnMetrics) -> impl Fn(&Finding) + Send + Sync + 'static {
    let own = own.clone();
    move |finding| {
        if !own.have(finding) {
            tracing::warn!(
                target: "steeple::lint",
                metric = %finding.metric,
                rule = %finding.rule,
                "{}",
                finding.advice
            );
        }
    }
}
