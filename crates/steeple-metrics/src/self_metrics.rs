use std::sync::Arc;

use metrics::{CounterFn, GaugeFn};

use crate::{
    Kind, RegisterError,
    cell::{Cell, CounterCell, GaugeCell},
    family::{Family, Shape},
    global_labels::{GlobalLabels, LabelTexts},
    series::Origin,
};

const SERIES: &str = "steeple_metrics_series";
const REJECTED: &str = "steeple_metrics_rejected_total";
const OVERFLOW: &str = "steeple_metrics_overflow_total";

/// Why something was refused.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Reason {
    InvalidName,
    KindConflict,
    LateUnit,
    NameCollision,
    NotANumber,
    TooManyMetrics,
}

impl Reason {
    const ALL: [Self; 6] = [
        Self::InvalidName,
        Self::KindConflict,
        Self::LateUnit,
        Self::NameCollision,
        Self::NotANumber,
        Self::TooManyMetrics,
    ];

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::InvalidName => "invalid_name",
            Self::KindConflict => "kind_conflict",
            Self::LateUnit => "late_unit",
            Self::NameCollision => "name_collision",
            Self::NotANumber => "not_a_number",
            Self::TooManyMetrics => "too_many_metrics",
        }
    }
}

impl From<&RegisterError> for Reason {
    fn from(error: &RegisterError) -> Self {
        match error {
            RegisterError::InvalidName { .. }
            | RegisterError::InvalidLabel { .. }
            | RegisterError::ReservedLabel { .. }
            | RegisterError::DuplicateLabel { .. } => Self::InvalidName,
            RegisterError::KindConflict { .. } | RegisterError::Counted { .. } => {
                Self::KindConflict
            }
            RegisterError::NameCollision { .. } => Self::NameCollision,
            RegisterError::TooManyMetrics { .. } => Self::TooManyMetrics,
            RegisterError::LateUnit { .. } => Self::LateUnit,
        }
    }
}

/// What the registry says about itself; its series are ordinary ones of the [`Store`](crate::store::Store).
#[derive(Debug)]
pub(crate) struct SelfMetrics {
    rejected: [Arc<CounterCell>; Reason::ALL.len()],
    series: Arc<GaugeCell>,
}

impl SelfMetrics {
    pub(crate) fn new() -> Self {
        let rejected: [_; Reason::ALL.len()] =
            std::array::from_fn(|_| Arc::new(CounterCell::new()));
        let refused = Arc::clone(&rejected[Reason::NotANumber as usize]);
        Self {
            rejected,
            series: Arc::new(GaugeCell::new(refused)),
        }
    }

    pub(crate) fn reject(&self, reason: Reason) {
        self.rejected_for(reason).increment(1);
    }

    pub(crate) fn rejected_for(&self, reason: Reason) -> &Arc<CounterCell> {
        &self.rejected[reason as usize]
    }

    pub(crate) fn set_series(&self, count: usize) {
        self.series.set(count as f64);
    }

    /// The metrics that have their series from the start.
    pub(crate) fn families(
        &self,
        global_labels: &GlobalLabels,
        origin: impl Fn(&LabelTexts) -> Origin,
    ) -> [Family; 2] {
        let help = "Series that the metrics registry holds.";
        let refused = Arc::clone(self.rejected_for(Reason::NotANumber));
        let mut series = Family::new(SERIES, Shape::Gauge { refused }, help.into());
        let labels = global_labels.with(Kind::Gauge, std::iter::empty);
        let cell = Cell::Gauge(Arc::clone(&self.series));
        series.insert(&labels.plain, cell, origin(&labels));

        let help =
            "Registrations, descriptions and recorded values that the metrics registry refused.";
        let mut rejected = Family::new(REJECTED, Shape::Counter, help.into());
        for reason in Reason::ALL {
            let counter = Arc::clone(self.rejected_for(reason));
            let labels = with_own(global_labels, "reason", reason.as_str());
            rejected.insert(&labels.plain, Cell::Counter(counter), origin(&labels));
        }
        [series, rejected]
    }

    /// The metric with a series for each metric that overflows.
    pub(crate) fn overflow_family() -> Family {
        let help = "Registrations that went to a metric's overflow series.";
        Family::new(OVERFLOW, Shape::Counter, help.into())
    }

    /// The labels of the overflow counter of `metric`.
    pub(crate) fn overflow_labels(global_labels: &GlobalLabels, metric: &str) -> LabelTexts {
        with_own(global_labels, "metric", metric)
    }
}

fn with_own(global_labels: &GlobalLabels, name: &str, value: &str) -> LabelTexts {
    global_labels.with(Kind::Counter, || [(name, value)].into_iter())
}
