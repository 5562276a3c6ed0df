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

impl LogsReport {
    /// What became of reports of errors that lines are made of. The lines count where they are written.
    pub(crate) fn of_errors(report: Report) -> Self {
        Self {
            written: 0,
            lost: report.lost,
            pending: report.pending,
        }
    }

    pub(crate) fn and(self, other: Self) -> Self {
        Self {
            written: self.written + other.written,
            lost: self.lost + other.lost,
            pending: self.pending + other.pending,
        }
    }
}

impl From<Report> for LogsReport {
    fn from(report: Report) -> Self {
        Self {
            written: report.exported,
            lost: report.lost,
            pending: report.pending,
        }
    }
}

impl FromIterator<Report> for LogsReport {
    fn from_iter<I: IntoIterator<Item = Report>>(reports: I) -> Self {
        let reports = reports.into_iter().map(Self::from);
        reports.fold(Self::default(), Self::and)
    }
}
