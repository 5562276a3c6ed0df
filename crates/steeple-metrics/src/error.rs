use thiserror::Error;

use crate::{Kind, Registry};

/// Why a metric could not be registered or described.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum RegisterError {
    /// The metric's name cannot be exposed.
    #[error(
        "metric name {name:?} is invalid: use ASCII letters, digits, `_`, `:` and `.`, not starting with a digit"
    )]
    InvalidName {
        /// The name as given.
        name: String,
    },
    /// A label's name cannot be exposed.
    #[error(
        "label name {label:?} is invalid: use ASCII letters, digits, `_` and `.`, not starting with a digit"
    )]
    InvalidLabel {
        /// The label's name as given.
        label: String,
    },
    /// A label's name has a meaning of its own in Prometheus or in this registry.
    #[error("label name {label:?} is reserved: choose another one")]
    ReservedLabel {
        /// The label's name as given.
        label: String,
    },
    /// Two labels are exposed under one name.
    #[error("label {label:?} is given twice: keep one of the two")]
    DuplicateLabel {
        /// The second label's name as given.
        label: String,
    },
    /// The name belongs to a metric of another kind.
    #[error("metric {name:?} is already a {registered}: choose another name for the {requested}")]
    KindConflict {
        /// The name as given.
        name: String,
        /// The kind under which the name is known.
        registered: Kind,
        /// The kind asked for.
        requested: Kind,
    },
    /// A sample of the metric would have the name of another metric's sample.
    #[error("metric {name:?} would expose samples of metric {other:?}: choose another name")]
    NameCollision {
        /// The name as exposed.
        name: String,
        /// The exposed name of the metric that was there first.
        other: String,
    },
    /// The limit of metric names is reached.
    #[error(
        "metric {name:?} is beyond the limit of {limit} metrics: put what varies into labels or raise `metric_limit`"
    )]
    TooManyMetrics {
        /// The name as given.
        name: String,
        /// The limit in force.
        limit: usize,
    },
    /// The counter counts by itself, so no total can be set.
    #[error(
        "metric {name:?} is already a counter of whole numbers: choose another name for the total"
    )]
    Counted {
        /// The name as given.
        name: String,
    },
    /// The unit came after the name was fixed by the first series.
    #[error(
        "unit {unit:?} of metric {name:?} comes after its first series: describe the metric before registering it"
    )]
    LateUnit {
        /// The name as given.
        name: String,
        /// The unit's name.
        unit: &'static str,
    },
}

/// Another recorder is installed for the process.
#[derive(Debug, Error)]
#[error(
    "another metrics recorder is already installed: install the registry first, or record to both through a tee"
)]
pub struct InstallError(#[from] metrics::SetRecorderError<Registry>);
