use thiserror::Error;

/// Lines cannot be sent where they were to be.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum NetworkError {
    /// Not an address.
    #[error(
        "`{address}` is no address: give a host and a port, such as `logstash.example:5000` or `[::1]:5000`"
    )]
    Address {
        /// What was given.
        address: String,
    },
    /// The directory for lines that wait cannot be used.
    #[cfg(feature = "spool")]
    #[error(transparent)]
    Spool(#[from] crate::spool::SpoolError),
    /// TLS cannot be had.
    #[cfg(feature = "tls")]
    #[error(transparent)]
    Tls(#[from] steeple_client::TlsError),
}
