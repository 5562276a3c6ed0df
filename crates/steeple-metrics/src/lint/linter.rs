use std::{
    collections::HashSet,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use crate::{
    FamilySnapshot, Finding, Registry, Rule,
    lint::{growth::Growth, labels::LabelValues, naming},
};

/// So many findings are told.
const MOST_TOLD: usize = 1_000;

pub(crate) type FindingCallback = Box<dyn Fn(&Finding) + Send + Sync>;

/// What a registry remembers from lint to lint.
pub(crate) struct Linter {
    interval: Duration,
    growth: Mutex<Growth>,
    on_finding: Option<FindingCallback>,
    told: Mutex<Told>,
}

/// What was told, and when.
#[derive(Debug, Default)]
struct Told {
    at: Option<Instant>,
    findings: HashSet<(Arc<str>, Option<Arc<str>>, Rule)>,
}

impl Linter {
    pub(crate) fn new(interval: Duration, on_finding: Option<FindingCallback>) -> Self {
        Self {
            interval,
            growth: Mutex::default(),
            on_finding,
            told: Mutex::default(),
        }
    }
}

impl Told {
    fn begin(&mut self, now: Instant, interval: Duration) -> bool {
        let is_due = self
            .at
            .is_none_or(|at| now.saturating_duration_since(at) >= interval);
        if is_due {
            self.at = Some(now);
        }
        is_due
    }

    fn is_new(&mut self, finding: &Finding) -> bool {
        let key = (
            Arc::clone(&finding.metric),
            finding.label.clone(),
            finding.rule,
        );
        self.findings.len() < MOST_TOLD && self.findings.insert(key)
    }
}

impl Registry {
    /// Holds every metric that has a series to the [rules](Rule), by name.
    ///
    /// Names are judged as Prometheus sees them. Of labels the distinct values are counted, among the first 20,000 series of a
    /// metric; one with at most 100 is never found. Beyond that a label is found if over 100 of its values look like ids
    /// (an e-mail address, or a word of it is a number, or of at least eight letters and digits with both), if it has
    /// values for over half of [`series_limit`](crate::Builder::series_limit), or if they became more at three looks
    /// in a row. A lint is such a look if the last one was a [minute](crate::Builder::lint_interval) ago.
    ///
    /// Takes 5 ms for 20,000 series of five labels, ten times as long in a debug build, and no lock for all of it. From lint to
    /// lint two numbers are kept for each label with more than 100 values.
    ///
    /// ```
    /// use steeple_metrics::{Registry, Rule};
    ///
    /// let registry = Registry::new();
    /// registry.histogram("checkout_ms", &[])?.record(42.0);
    ///
    /// let rules: Vec<_> = registry.lint().iter().map(|finding| finding.rule).collect();
    /// assert_eq!(rules, [Rule::MissingHelp, Rule::AbbreviatedUnit]);
    /// assert_eq!(
    ///     registry.lint()[1].to_string(),
    ///     "checkout_ms: `ms` abbreviates a unit: measure it in `seconds` and call it `checkout_seconds` (abbreviated_unit)"
    /// );
    /// # Ok::<(), steeple_metrics::RegisterError>(())
    /// ```
    #[must_use]
    pub fn lint(&self) -> Vec<Finding> {
        let linter = &self.0.linter;
        let (metrics, series_limit) = {
            let store = self.read();
            (store.catalog.sorted(), store.series_limit())
        };
        let mut growth = linter.growth.lock().unwrap_or_else(PoisonError::into_inner);
        let mut growth = growth.look((self.0.clock)(), linter.interval);
        let mut findings = Vec::new();
        for position in metrics {
            let labels = LabelValues::of(self, position);
            if !labels.has_series {
                continue;
            }
            let metric = self.read().catalog.families[position].without_series();
            let of_metric = naming::of_metric(&metric);
            findings.extend(of_metric.map(|found| finding(&metric, None, found)));
            for (label, values) in labels.by_label {
                let is_growing = growth.is_growing(position, &label, values.len());
                let of_values = values.judge(&label, series_limit, is_growing);
                let of_label = naming::of_label(&metric, &label).chain(of_values);
                findings.extend(of_label.map(|found| finding(&metric, Some(&label), found)));
            }
        }
        findings
    }

    /// Tells [`Builder::on_finding`](crate::Builder::on_finding) what there is to find, as every look at the registry does: with nobody to
    /// tell, or within the [interval](crate::Builder::lint_interval), nothing is done. For a process that ends without having been looked at.
    pub fn tell_findings(&self) {
        let linter = &self.0.linter;
        let Some(callback) = &linter.on_finding else {
            return;
        };
        // Whoever holds it lints already.
        let Ok(mut told) = linter.told.try_lock() else {
            return;
        };
        if !told.begin((self.0.clock)(), linter.interval) {
            return;
        }
        let mut findings = self.lint();
        findings.retain(|finding| told.is_new(finding));
        drop(told);
        for finding in &findings {
            // A panic of the callback must not reach the code that only wanted to look.
            let _ = catch_unwind(AssertUnwindSafe(|| callback(finding)));
        }
    }
}

fn finding(
    metric: &FamilySnapshot,
    label: Option<&Arc<str>>,
    (rule, advice): (Rule, String),
) -> Finding {
    Finding {
        metric: Arc::clone(&metric.name),
        recorded_name: Arc::clone(&metric.recorded_name),
        label: label.cloned(),
        rule,
        advice,
    }
}
