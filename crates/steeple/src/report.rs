//! What becomes of telemetry at a flush and at the end.

#[cfg(feature = "errors")]
use steeple_core::pipeline::Report;
#[cfg(feature = "logs")]
use steeple_logs::LogsReport;
#[cfg(feature = "otlp")]
use steeple_otlp::OtlpReport;
#[cfg(feature = "push")]
use steeple_push::PushReport;
#[cfg(feature = "sentry")]
use steeple_sentry::SentryReport;
use thiserror::Error;

/// What a flush or a shutdown delivered, and what was lost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct FlushReport {
    /// The errors that were grouped, if they are tracked.
    #[cfg(feature = "errors")]
    pub errors: Option<Report>,
    /// What was logged, if anything is.
    #[cfg(feature = "logs")]
    pub logs: Option<LogsReport>,
    /// The traces, metrics and logs, if any of them are exported over OTLP.
    #[cfg(feature = "otlp")]
    pub otlp: Option<OtlpReport>,
    /// The pushes to the Pushgateway, if there is one.
    #[cfg(feature = "push")]
    pub push_gateway: Option<PushReport>,
    /// The values of series that remote write sends, if it is configured.
    #[cfg(feature = "push")]
    pub remote_write: Option<PushReport>,
    /// What is sent to Sentry, if anything is.
    #[cfg(feature = "sentry")]
    pub sentry: Option<SentryReport>,
}

impl FlushReport {
    /// Whether nothing was lost or left behind.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        #[cfg(feature = "errors")]
        if self.errors.is_some_and(|errors| !errors.is_complete()) {
            return false;
        }
        #[cfg(feature = "logs")]
        if self.logs.is_some_and(|logs| !logs.is_complete()) {
            return false;
        }
        #[cfg(feature = "otlp")]
        if self.otlp.is_some_and(|otlp| !otlp.is_complete()) {
            return false;
        }
        #[cfg(feature = "push")]
        if ![self.push_gateway, self.remote_write]
            .iter()
            .flatten()
            .all(PushReport::is_complete)
        {
            return false;
        }
        #[cfg(feature = "sentry")]
        if self.sentry.is_some_and(|sentry| !sentry.is_complete()) {
            return false;
        }
        true
    }

    #[cfg(feature = "errors")]
    pub(crate) fn of_errors(errors: Report) -> Self {
        Self {
            errors: Some(errors),
            ..Self::default()
        }
    }

    #[cfg(feature = "logs")]
    pub(crate) fn of_logs(logs: LogsReport) -> Self {
        Self {
            logs: Some(logs),
            ..Self::default()
        }
    }

    #[cfg(feature = "otlp")]
    pub(crate) fn of_export(otlp: OtlpReport) -> Self {
        Self {
            otlp: Some(otlp),
            ..Self::default()
        }
    }

    #[cfg(feature = "sentry")]
    pub(crate) fn of_sentry(sentry: SentryReport) -> Self {
        Self {
            sentry: Some(sentry),
            ..Self::default()
        }
    }

    /// Together with what `other` tells of the rest.
    #[cfg_attr(
        not(any(
            feature = "errors",
            feature = "logs",
            feature = "otlp",
            feature = "push",
            feature = "sentry"
        )),
        expect(unused_variables, reason = "there is nothing to tell")
    )]
    pub(crate) fn and(self, other: Self) -> Self {
        Self {
            #[cfg(feature = "errors")]
            errors: self.errors.or(other.errors),
            #[cfg(feature = "logs")]
            logs: self.logs.or(other.logs),
            #[cfg(feature = "otlp")]
            otlp: self.otlp.or(other.otlp),
            #[cfg(feature = "push")]
            push_gateway: self.push_gateway.or(other.push_gateway),
            #[cfg(feature = "push")]
            remote_write: self.remote_write.or(other.remote_write),
            #[cfg(feature = "sentry")]
            sentry: self.sentry.or(other.sentry),
        }
    }
}

/// Not everything was delivered before an instance ended.
#[derive(Debug, Error)]
#[error(
    "not everything was delivered before the end, {report:?}; allow more time, or look at the backends"
)]
#[non_exhaustive]
pub struct ShutdownError {
    /// What was delivered and lost.
    pub report: Box<FlushReport>,
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
            Err(Self {
                report: Box::new(report),
                ops,
            })
        }
    }
}

#[cfg(feature = "logs")]
impl ShutdownError {
    /// What ended, and the logs after it.
    pub(crate) fn and_logs(
        ended: Result<FlushReport, Self>,
        logs: LogsReport,
    ) -> Result<FlushReport, Self> {
        let logs = FlushReport::of_logs(logs);
        match ended {
            Ok(report) => Self::unless_complete(report.and(logs), None),
            Err(Self { report, ops }) => Self::unless_complete(report.and(logs), ops),
        }
    }
}

/// Tells whoever reads the log what was delivered and lost.
pub(crate) fn log(ended: &Result<FlushReport, ShutdownError>) {
    match ended {
        Ok(report) => tracing::info!(
            ?report,
            "the service has ended, and everything was delivered"
        ),
        Err(error) => {
            let error: &dyn std::error::Error = error;
            tracing::warn!(error, "the service has ended");
        }
    }
}
