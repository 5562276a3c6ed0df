use steeple_core::pipeline::Report;

/// What became of the pushes that a flush or a shutdown waited for.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[must_use = "it says what was lost"]
#[non_exhaustive]
pub struct PushReport {
    /// What the backend has taken during the call.
    pub pushed: u64,
    /// What was dropped during the call; the metrics say for which reason.
    pub lost: u64,
    /// What waits still; 0 after a shutdown.
    pub pending: u64,
}

impl PushReport {
    /// Whether nothing was lost or left behind.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.lost == 0 && self.pending == 0
    }
}

impl From<Report> for PushReport {
    fn from(report: Report) -> Self {
        Self {
            pushed: report.exported,
            lost: report.lost,
            pending: report.pending,
        }
    }
}
