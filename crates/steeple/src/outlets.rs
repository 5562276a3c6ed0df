//! What sends telemetry away.

use std::time::Duration;
#[cfg(feature = "otlp")]
use std::time::Instant;

use futures_util::future::{join4, join5};
#[cfg(feature = "errors")]
use steeple_errors::ErrorTracker;
#[cfg(feature = "logs")]
use steeple_logs::Logs;
#[cfg(feature = "otlp")]
use steeple_otlp::Otlp;
#[cfg(feature = "sentry")]
use steeple_sentry::Sentry;

#[cfg(feature = "push")]
use crate::pushes::Pushes;
use crate::report::FlushReport;

/// All that sends telemetry away, if anything does.
#[derive(Debug, Default)]
pub(crate) struct Outlets {
    #[cfg(feature = "errors")]
    pub(crate) errors: Option<ErrorTracker>,
    #[cfg(feature = "logs")]
    pub(crate) logs: Option<Logs>,
    #[cfg(feature = "otlp")]
    pub(crate) otlp: Option<Otlp>,
    #[cfg(feature = "push")]
    pub(crate) pushes: Pushes,
    #[cfg(feature = "sentry")]
    pub(crate) sentry: Option<Sentry>,
}

#[cfg_attr(
    not(any(
        feature = "errors",
        feature = "logs",
        feature = "otlp",
        feature = "push",
        feature = "sentry"
    )),
    expect(unused_variables, reason = "there is nothing to wait for")
)]
impl Outlets {
    /// All at once, so that a backend that does not answer takes nothing from the time of the others.
    pub(crate) async fn flush(&self, deadline: Duration) -> FlushReport {
        let tracked = async {
            #[cfg(feature = "errors")]
            if let Some(errors) = &self.errors {
                return FlushReport::of_errors(errors.flush(deadline).await);
            }
            FlushReport::default()
        };
        let exported = async {
            #[cfg(feature = "otlp")]
            if let Some(otlp) = &self.otlp {
                let started = Instant::now();
                // What is logged becomes records first.
                #[cfg(feature = "logs")]
                if let Some(logs) = &self.logs {
                    let _ = logs.flush(deadline / 4).await;
                }
                let rest = deadline.saturating_sub(started.elapsed());
                return FlushReport::of_export(otlp.flush(rest).await);
            }
            FlushReport::default()
        };
        let pushed = async {
            #[cfg(feature = "push")]
            return self.pushes.flush(deadline).await;
            #[cfg(not(feature = "push"))]
            FlushReport::default()
        };
        let reported = async {
            #[cfg(feature = "sentry")]
            if let Some(sentry) = &self.sentry {
                return FlushReport::of_sentry(sentry.flush(deadline).await);
            }
            FlushReport::default()
        };
        let logged = async {
            #[cfg(feature = "logs")]
            if let Some(logs) = &self.logs {
                return FlushReport::of_logs(logs.flush(deadline).await);
            }
            FlushReport::default()
        };
        let (tracked, exported, pushed, reported, logged) =
            join5(tracked, exported, pushed, reported, logged).await;
        (tracked.and(exported).and(pushed))
            .and(reported)
            .and(logged)
    }

    /// As [`flush`](Self::flush), but for the logs, which tell of the end and come last.
    #[cfg_attr(
        all(
            feature = "logs",
            not(any(
                feature = "errors",
                feature = "otlp",
                feature = "push",
                feature = "sentry"
            ))
        ),
        expect(unused_variables, reason = "there is nothing else to wait for")
    )]
    pub(crate) async fn shutdown(self, deadline: Duration) -> FlushReport {
        let tracked = async {
            #[cfg(feature = "errors")]
            if let Some(errors) = self.errors {
                return FlushReport::of_errors(errors.shutdown(deadline).await);
            }
            FlushReport::default()
        };
        let exported = async {
            #[cfg(feature = "otlp")]
            if let Some(otlp) = self.otlp {
                return FlushReport::of_export(otlp.shutdown(deadline).await);
            }
            FlushReport::default()
        };
        let pushed = async {
            #[cfg(feature = "push")]
            return self.pushes.shutdown(deadline).await;
            #[cfg(not(feature = "push"))]
            FlushReport::default()
        };
        let reported = async {
            #[cfg(feature = "sentry")]
            if let Some(sentry) = self.sentry {
                return FlushReport::of_sentry(sentry.shutdown(deadline).await);
            }
            FlushReport::default()
        };
        let (tracked, exported, pushed, reported) =
            join4(tracked, exported, pushed, reported).await;
        tracked.and(exported).and(pushed).and(reported)
    }
}
