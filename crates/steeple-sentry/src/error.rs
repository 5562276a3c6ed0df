use sentry_core::types::ParseDsnError;
use steeple_client::{ClientError, EndpointError};
use thiserror::Error;

/// What goes to Sentry cannot be sent as it is configured.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum SentryError {
    /// There is no DSN, or it is none.
    #[error(transparent)]
    Dsn(#[from] DsnError),
    /// A rate of sampling is no share.
    #[error("the sample rate of {of} for Sentry is {rate}: give a share from 0.0 to 1.0")]
    SampleRate {
        /// What is sampled.
        of: &'static str,
        /// What was given.
        rate: String,
    },
    /// Sessions are to be sent, and there is no release that they are of.
    #[error("sessions are those of a release: give one, or set SENTRY_RELEASE")]
    NoRelease,
    /// The DSN is of https, and TLS cannot be had.
    #[error(transparent)]
    Client(#[from] ClientError),
}

/// A [DSN](https://docs.sentry.io/concepts/key-terms/dsn-explainer/) is none. It is not shown, since its key is a secret.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum DsnError {
    /// None is given.
    #[error("there is no DSN of Sentry: set SENTRY_DSN, or give one in code")]
    Missing,
    /// It is no URL.
    #[error("the DSN of Sentry is no URL: give one such as `https://KEY@HOST/PROJECT`")]
    NoUrl,
    /// Its scheme is not supported.
    #[error(
        "the scheme of the DSN of Sentry is not supported: use `http`, or `https` with the feature `tls`"
    )]
    Scheme,
    /// It has no key.
    #[error("the DSN of Sentry has no key: give it as `https://KEY@HOST/PROJECT`")]
    NoKey,
    /// It has no project.
    #[error("the DSN of Sentry does not end in a project: give it as `https://KEY@HOST/PROJECT`")]
    NoProject,
}

impl From<ParseDsnError> for DsnError {
    fn from(error: ParseDsnError) -> Self {
        match error {
            ParseDsnError::InvalidUrl => Self::NoUrl,
            ParseDsnError::InvalidScheme => Self::Scheme,
            ParseDsnError::NoUsername => Self::NoKey,
            ParseDsnError::NoProjectId | ParseDsnError::InvalidProjectId(_) => Self::NoProject,
        }
    }
}

impl From<EndpointError> for DsnError {
    fn from(error: EndpointError) -> Self {
        match error {
            EndpointError::Scheme { .. } => Self::Scheme,
            _ => Self::NoUrl,
        }
    }
}
