use std::{io, path::PathBuf};

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
    /// A file cannot be read.
    #[error("the file {} cannot be read", .file.display())]
    File {
        /// The file.
        file: PathBuf,
        /// Why not.
        source: io::Error,
    },
}
