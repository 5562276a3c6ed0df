use steeple_core::{EnvironmentError, ObserverError};
#[cfg(feature = "errors")]
use steeple_errors::TrackerError;
#[cfg(feature = "health")]
use steeple_health::HealthError;
#[cfg(feature = "logs")]
use steeple_logs::LogsError;
use steeple_metrics::{BuildError as RegistryError, InstallError, RegisterError};
use steeple_ops::BindError;
#[cfg(feature = "otlp")]
use steeple_otlp::OtlpError;
#[cfg(feature = "push")]
use steeple_push::PushError;
#[cfg(feature = "resources")]
use steeple_resources::StartError as ResourcesError;
#[cfg(feature = "sentry")]
use steeple_sentry::SentryError;

use crate::service_name::ServiceNameError;

/// An instance cannot be had as it is configured.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// The service's name is none.
    #[error(transparent)]
    ServiceName(#[from] ServiceNameError),
    /// An environment variable is wrong.
    #[error(transparent)]
    Environment(#[from] EnvironmentError),
    /// The registry is configured wrongly.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// There is another global recorder, and ours was required.
    #[error(
        "another metrics recorder is installed; install steeple first, or do not require its recorder"
    )]
    RecorderTaken(#[from] InstallError),
    /// The observer is configured wrongly.
    #[error(transparent)]
    Observer(#[from] ObserverError),
    /// The ops listener does not listen.
    #[error(
        "the ops listener cannot be started as `ops`, or OTEL_EXPORTER_PROMETHEUS_HOST, OTEL_EXPORTER_PROMETHEUS_PORT \
         and STEEPLE_OPS_TOKEN, configure it"
    )]
    Ops(#[from] BindError),
    /// Errors cannot be tracked as it is configured.
    #[cfg(feature = "errors")]
    #[error(transparent)]
    Errors(#[from] TrackerError),
    /// Health cannot be told as it is configured.
    #[cfg(feature = "health")]
    #[error(transparent)]
    Health(#[from] HealthError),
    /// What is logged cannot be written where it is to.
    #[cfg(feature = "logs")]
    #[error(transparent)]
    Logs(#[from] LogsError),
    /// What is to be exported, or where to, is configured wrongly.
    #[cfg(feature = "otlp")]
    #[error(transparent)]
    Otlp(#[from] OtlpError),
    /// What is to be pushed, or where to, is configured wrongly.
    #[cfg(feature = "push")]
    #[error(transparent)]
    Push(#[from] PushError),
    /// The figures of the process and the machine cannot be read as it is configured.
    #[cfg(feature = "resources")]
    #[error(transparent)]
    Resources(#[from] ResourcesError),
    /// What is sent to Sentry, or where to, is configured wrongly.
    #[cfg(feature = "sentry")]
    #[error(transparent)]
    Sentry(#[from] SentryError),
    /// A metric about steeple itself is refused.
    #[error("a metric of steeple's own cannot be registered")]
    SelfMetric(#[from] RegisterError),
}
