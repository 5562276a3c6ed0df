//! What is asked by the client that nothing observes.

use std::error::Error as _;

use steeple_client::{Client, ClientBuilder, EndpointError};
use steeple_core::pipeline::ExportError;

use crate::Failure;

pub(super) fn client(url: &str) -> Result<ClientBuilder, EndpointError> {
    Ok(Client::builder(url.parse()?))
}

/// Why there is no answer. What an exporter would do about it is no matter here.
pub(super) fn cause(error: ExportError) -> String {
    let failure = Failure::of_error(error.source().unwrap_or(&error));
    failure.message().unwrap_or_default().to_owned()
}
