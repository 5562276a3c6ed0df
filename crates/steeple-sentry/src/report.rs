use steeple_core::pipeline::{Accounting, DropReason, Report};

/// What became of what was to be sent during a flush or a shutdown, in events and what else is sent on its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[must_use = "it says what was lost"]
#[non_exhaustive]
pub struct SentryReport {
    /// What Sentry has taken.
    pub exported: u64,
    /// What was lost. What the application or Sentry did not want is not.
    pub lost: u64,
    /// What a flush was to wait for and is still on its way; 0 after a shutdown.
    pub pending: u64,
}

impl SentryReport {
    /// Whether nothing was lost or left behind.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.lost == 0 && self.pending == 0
    }

    /// What was left out as asked for is not lost.
    pub(crate) fn new(report: Report, before: &Accounting, after: &Accounting) -> Self {
        let left_out = [
            DropReason::Filtered,
            DropReason::RateLimited,
            DropReason::Sampled,
        ]
        .map(|reason| after.dropped(reason) - before.dropped(reason));
        Self {
            exported: report.exported,
            lost: report.lost.saturating_sub(left_out.iter().sum()),
            pending: report.pending,
        }
    }
}
