use std::time::Duration;

use steeple_client::{ClientError, EndpointError};
use thiserror::Error;

use crate::{EnvironmentError, Signal};

/// Export cannot start as it is configured.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum OtlpError {
    /// An environment variable is wrong.
    #[error(transparent)]
    Environment(#[from] EnvironmentError),
    /// The URL is wrong.
    #[error("the {} cannot be exported", .signal.as_str())]
    Endpoint {
        /// Of which signal.
        signal: Signal,
        /// What is wrong.
        source: EndpointError,
    },
    /// A header cannot be sent.
    #[error(
        "the header `{name}` cannot be sent: a name is of letters, digits and `-`, a value of visible ASCII characters"
    )]
    Header {
        /// Its name; the value may be secret.
        name: String,
    },
    /// The client cannot be built.
    #[error("the {} cannot be exported", .signal.as_str())]
    Client {
        /// Of which signal.
        signal: Signal,
        /// What is wrong.
        source: ClientError,
    },
    /// This build lacks what the protocol needs.
    #[error("the protocol `grpc` needs the feature `grpc`: add it, or use `http/protobuf`")]
    NoGrpc,
    /// The interval of metrics is too short or too long.
    #[error("the interval of metrics is {interval:?}: give 1 ms to 24 h")]
    Interval {
        /// The interval.
        interval: Duration,
    },
    /// This build lacks what certificates are for.
    #[error("certificates need the feature `tls`: add it, or leave them out")]
    NoTls,
    /// A certificate of the service is of no use without its key, nor that without it.
    #[error(
        "of the client's certificate and its key only one is given for the {}: give both, or leave both out", .signal.as_str()
    )]
    Identity {
        /// Of which signal.
        signal: Signal,
    },
}
