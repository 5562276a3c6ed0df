//! Why an observer cannot be made.

use crate::{
    errors::{FingerprintRuleError, MOST_RULES},
    label::{MOST_LABELS, MOST_VALUES},
    method::MOST_METHODS,
    route::MOST_ROUTES,
};

/// An observer cannot be made as it is configured.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ObserverError {
    /// There are more labels than [`MOST_LABELS`].
    #[error(
        "{count} labels are declared, but a metric bears {MOST_LABELS} of the application's own; declare fewer"
    )]
    TooManyLabels {
        /// How many are declared.
        count: usize,
    },
    /// A label's name is not one.
    #[error(
        "`{name}` cannot be the name of a label; use letters, digits and `_`, not a digit first, and not `__` first"
    )]
    InvalidLabelName {
        /// The name.
        name: String,
    },
    /// A label's name is taken.
    #[error("the label `{name}` exists already; choose another name")]
    DuplicateLabel {
        /// The name.
        name: String,
    },
    /// A label is to tell too many values apart.
    #[error(
        "the label `{name}` is to tell {count} values apart, but {MOST_VALUES} is the most; lower its limit"
    )]
    TooManyValues {
        /// The label.
        name: String,
        /// How many values it is to tell apart.
        count: usize,
    },
    /// A route has two policies.
    #[error("the route `{route}` has two policies; make one of them")]
    DuplicateRoute {
        /// The route.
        route: String,
    },
    /// Too many routes have a policy.
    #[error(
        "{count} routes have a policy, but {MOST_ROUTES} is the most; leave out those that need none"
    )]
    TooManyRoutes {
        /// How many have one.
        count: usize,
    },
    /// Too many methods are known.
    #[error(
        "{count} methods are to be known, but {MOST_METHODS} is the most; leave out the rare ones"
    )]
    TooManyMethods {
        /// How many are to be known.
        count: usize,
    },
    /// A route's policy names a label that was not declared.
    #[error(
        "the policy of route `{route}` sets the label `{name}`, which is not declared; declare it with `label`"
    )]
    UndeclaredLabel {
        /// The route.
        route: String,
        /// The label.
        name: String,
    },
    /// There are too many rules for fingerprints.
    #[error("{count} fingerprint rules are given, but {MOST_RULES} is the most; leave some out")]
    TooManyFingerprintRules {
        /// How many are given.
        count: usize,
    },
    /// A rule for fingerprints cannot be one.
    #[error("fingerprint rule {number} cannot be used")]
    InvalidFingerprintRule {
        /// Which of them, from 1.
        number: usize,
        /// Why.
        source: FingerprintRuleError,
    },
    /// The request metrics have no names to go by.
    #[error("the request metrics have no names to go by; name some, or leave out `metric_names`")]
    NoMetricNames,
    /// A namespace cannot begin the name of a metric.
    #[error(
        "`{namespace}` cannot be the namespace of metrics; use letters, digits, `_` and `:`, and not a digit first"
    )]
    InvalidNamespace {
        /// The namespace.
        namespace: String,
    },
    /// A metric goes by two sets of names.
    #[error("the metric `{name}` belongs to two sets of names; leave one of them out")]
    DuplicateMetric {
        /// The metric.
        name: String,
    },
}
