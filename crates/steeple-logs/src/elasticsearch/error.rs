use steeple_client::{ClientError, CredentialsError, EndpointError};
use thiserror::Error;

/// Nothing can be sent to Elasticsearch as it is configured.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ElasticsearchError {
    /// The URL is wrong.
    #[error(transparent)]
    Endpoint(#[from] EndpointError),
    /// The URL is of https, and TLS cannot be had.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// User, password or key cannot be sent.
    #[error(transparent)]
    Credentials(#[from] CredentialsError),
    /// The directory for lines that wait cannot be used.
    #[cfg(feature = "spool")]
    #[error(transparent)]
    Spool(#[from] crate::spool::SpoolError),
    /// Dataset or namespace cannot be in the name of a data stream.
    #[error(
        "`{part}` cannot be in the name of a data stream: use up to 100 of a to z, digits, `_` and `.`, a letter or digit first"
    )]
    DataStream {
        /// What was given.
        part: String,
    },
}
