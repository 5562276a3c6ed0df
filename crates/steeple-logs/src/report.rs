use steeple_core::pipeline::Report;

/// What became of what was logged during a flush or a shutdown, in lines. One that goes to two destinations counts for each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[must_use = "it says what was lost"]
#[non_exhaustive]
pub struct LogsReport {
    /// What was written.
    pub written: u64,
    /// What was lost.
    pub lost: u64,
    /// What a flush was to wait for and still waits; 0 after a shutdown.
    pub pending: u64,
}

impl LogsReport {
    /// Whether nothing was lost or left behind.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.lost == 0 && self.pending == 0
    }
}

impl FromIterator<Report> for LogsReport {
    fn from_iter<I: IntoIterator<Item = Report>>(reports: I) -> Self {
        reports
            .into_iter()
            .fold(Self::default(), |sum, report| Self {
                written: sum.written + report.exported,
                lost: sum.lost + report.lost,
                pending: sum.pending + report.pending,
            })
    }
}
