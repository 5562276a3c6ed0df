use std::error::Error as _;

use steeple_client::{Client, ClientBuilder, ClientError, EndpointError};
use steeple_core::pipeline::ExportError;
use thiserror::Error;

use crate::Failure;

/// What is to be asked cannot be.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum TargetError {
    /// It is no URL of http, or of https with the feature `tls`.
    #[error(transparent)]
    Endpoint(#[from] EndpointError),
    /// TLS cannot be had.
    #[error(transparent)]
    Client(#[from] ClientError),
}

pub(super) fn client(url: &str) -> Result<ClientBuilder, EndpointError> {
    Ok(Client::builder(url.parse()?))
}

/// Why there is no answer. What an exporter would do about it is no matter here.
pub(super) fn cause(error: ExportError) -> String {
    let failure = Failure::of_error(error.source().unwrap_or(&error));
    failure.message().unwrap_or_default().to_owned()
}
