use steeple_core::pipeline::Report;

/// What became of each signal that is exported during a flush or a shutdown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[must_use = "it says what was lost"]
#[non_exhaustive]
pub struct OtlpReport {
    /// Spans.
    pub traces: Option<Report>,
    /// Data points, those of the flush included.
    pub metrics: Option<Report>,
    /// Log records.
    pub logs: Option<Report>,
}

impl OtlpReport {
    /// Whether nothing was lost or left behind.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        [self.traces, self.metrics, self.logs]
            .iter()
            .flatten()
            .all(Report::is_complete)
    }
}
