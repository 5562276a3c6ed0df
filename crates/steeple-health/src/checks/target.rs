use steeple_client::{ClientError, EndpointError};
use thiserror::Error;

/// What is to be asked cannot be.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum TargetError {
    /// It is no URL of http, or of https with the feature `tls`.
    #[error(transparent)]
    Endpoint(#[from] EndpointError),
    /// It is no address with a port.
    #[error(
        "`{address}` is no address of a server: give name and port, such as `shop.example:443`"
    )]
    Address {
        /// What was given.
        address: String,
    },
    /// TLS cannot be had.
    #[error(transparent)]
    Client(#[from] ClientError),
}
