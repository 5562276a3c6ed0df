use std::time::Duration;

use thiserror::Error;

use crate::{ClientError, CredentialsError, EndpointError};

/// Pushing cannot start as it is configured.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum PushError {
    /// The URL is wrong.
    #[error(transparent)]
    Endpoint(#[from] EndpointError),
    /// The URL of a Pushgateway has the path of a group.
    #[error(
        "`{url}` is the URL of a group: give that of the gateway alone, and the group by `job` and `label`"
    )]
    Group {
        /// What was given, without what could be secret.
        url: String,
    },
    /// The interval is too short or too long.
    #[error("the interval is {interval:?}: give 1 ms to 24 h, or none to push at the end alone")]
    Interval {
        /// The interval.
        interval: Duration,
    },
    /// A Pushgateway keeps what it is given by job.
    #[error("the job has no name: set one with `job`")]
    NoJob,
    /// A label's name is wrong, or it has another meaning.
    #[error(
        "`{label}` cannot be the name of a label here: use letters, digits and `_`, not a digit or `__` first, and \
         no name that has a setter of its own, such as `job`"
    )]
    Label {
        /// The name.
        label: String,
    },
    /// A label is given twice.
    #[error("the label `{label}` is given twice: leave one out")]
    DuplicateLabel {
        /// The name.
        label: String,
    },
    /// The path of the URL would be longer than a URL can be.
    #[error("job and labels are too long for a URL: shorten them")]
    TooLong,
    /// The URL is of https, and TLS cannot be had.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// User, password or token cannot be sent.
    #[error(transparent)]
    Credentials(#[from] CredentialsError),
}
