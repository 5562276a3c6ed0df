use std::{
    fmt,
    ops::{Index, IndexMut},
};

/// Why an item did not reach its backend.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub enum DropReason {
    /// A filter refused it before it was queued.
    Filtered,
    /// The sampler refused it before it was queued.
    Sampled,
    /// A rate limit refused it before it was queued.
    RateLimited,
    /// The pipeline's own queue had no room for it.
    QueueFull,
    /// A [`Budget`](super::Budget) was used up: that which pipelines share, or that for what is held before it is queued.
    BudgetExhausted,
    /// The exporter refused it for good.
    ExporterFailed,
    /// The backend rejected it alone and took others of its batch.
    Rejected,
    /// The exporter panicked on the batch that held it.
    ExporterPanicked,
    /// The exporter failed on it again and again until the retry policy gave up.
    RetriesExhausted,
    /// It was still queued when the deadline of a shutdown passed.
    Shutdown,
    /// The pipeline has no worker: it was shut down, or its thread could not be started.
    NotRunning,
}

impl DropReason {
    /// Every reason, in the order of declaration.
    pub const ALL: [Self; 11] = [
        Self::Filtered,
        Self::Sampled,
        Self::RateLimited,
        Self::QueueFull,
        Self::BudgetExhausted,
        Self::ExporterFailed,
        Self::Rejected,
        Self::ExporterPanicked,
        Self::RetriesExhausted,
        Self::Shutdown,
        Self::NotRunning,
    ];

    /// The value of the metric label `reason`, such as `queue_full`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Filtered => "filtered",
            Self::Sampled => "sampled",
            Self::RateLimited => "rate_limited",
            Self::QueueFull => "queue_full",
            Self::BudgetExhausted => "budget_exhausted",
            Self::ExporterFailed => "exporter_failed",
            Self::Rejected => "rejected",
            Self::ExporterPanicked => "exporter_panicked",
            Self::RetriesExhausted => "retries_exhausted",
            Self::Shutdown => "shutdown",
            Self::NotRunning => "not_running",
        }
    }
}

/// The figures of a pipeline at one moment.
///
/// A snapshot is consistent however many threads push while it is taken:
/// `created = exported + dropped + queued`, exactly.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Accounting {
    /// Items offered so far, those included that a filter or sampler refused.
    pub created: u64,
    /// Items that the backend has taken.
    pub exported: u64,
    /// Items that wait, the batch that is being exported included.
    pub queued: u64,
    /// Memory that the pipeline's items hold, in bytes.
    pub queued_bytes: usize,
    pub(super) dropped: PerReason<u64>,
}

impl Accounting {
    /// Items dropped for `reason`.
    #[must_use]
    pub fn dropped(&self, reason: DropReason) -> u64 {
        self.dropped[reason]
    }

    /// Items dropped for any reason.
    #[must_use]
    pub fn dropped_total(&self) -> u64 {
        self.dropped.0.iter().sum()
    }
}

/// One value for each [`DropReason`].
#[derive(Clone, Copy, Default, Eq, PartialEq)]
pub(super) struct PerReason<V>([V; DropReason::ALL.len()]);

impl<V> PerReason<V> {
    pub(super) fn from_fn(value: impl FnMut(DropReason) -> V) -> Self {
        Self(DropReason::ALL.map(value))
    }
}

impl<V> Index<DropReason> for PerReason<V> {
    type Output = V;

    fn index(&self, reason: DropReason) -> &V {
        &self.0[reason as usize]
    }
}

impl<V> IndexMut<DropReason> for PerReason<V> {
    fn index_mut(&mut self, reason: DropReason) -> &mut V {
        &mut self.0[reason as usize]
    }
}

impl<V: fmt::Debug> fmt::Debug for PerReason<V> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let named = DropReason::ALL.iter().zip(&self.0);
        formatter.debug_map().entries(named).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::{DropReason, PerReason};

    #[test]
    fn every_reason_indexes_its_own_value() {
        let named = PerReason::from_fn(DropReason::as_str);
        for reason in DropReason::ALL {
            assert_eq!(named[reason], reason.as_str());
        }
    }
}
