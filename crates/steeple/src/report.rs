//! What becomes of telemetry at a flush and at the end.

#[cfg(feature = "push")]
use steeple_push::PushReport;
use thiserror::Error;

/// What a flush or a shutdown delivered, and what was lost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct FlushReport {
    /// The pushes to the Pushgateway, if there is one.
    #[cfg(feature = "push")]
    pub push_gateway: Option<PushReport>,
    /// The values of series that remote write sends, if it is configured.
    #[cfg(feature = "push")]
    pub remote_write: Option<PushReport>,
}

impl FlushReport {
    /// Whether nothing was lost or left behind.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        #[cfg(feature = "push")]
        let complete = [self.push_gateway, self.remote_write]
            .iter()
            .flatten()
            .all(PushReport::is_complete);
        #[cfg(not(feature = "push"))]
        let complete = true;
        complete
    }
}

/// Not everything was delivered before an instance ended.
#[derive(Debug, Error)]
#[error(
    "not everything was delivered before the end, {report:?}; allow more time, or look at the backends"
)]
#[non_exhaustive]
pub struct ShutdownError {
    /// What was pushed and lost.
    pub report: FlushReport,
    /// Why the ops listener did not stop in order, unless it did.
    #[source]
    pub ops: Option<steeple_ops::ShutdownError>,
}

impl ShutdownError {
    pub(crate) fn unless_complete(
        report: FlushReport,
        ops: Option<steeple_ops::ShutdownError>,
    ) -> Result<FlushReport, Self> {
        if ops.is_none() && report.is_complete() {
            Ok(report)
        } else {
            Err(Self { report, ops })
        }
    }
}
