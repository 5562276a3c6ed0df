use http::HeaderName;
use thiserror::Error;

/// A client cannot be built as it is configured.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum ClientError {
    /// A header field is not the application's to set.
    #[error("the header `{name}` cannot be set, since the client writes it: leave it out")]
    Header {
        /// Its name.
        name: HeaderName,
    },
    /// The URL is of https, and TLS cannot be had.
    #[error(transparent)]
    Tls(#[from] TlsError),
}

/// There is no TLS. Without the feature `tls` nothing fails so, since no [`Endpoint`](crate::Endpoint) is of https.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum TlsError {
    /// The processor lacks instructions.
    #[error(
        "the processor lacks instructions that TLS needs here, such as AVX2: install a provider of rustls that does \
         without them, before anything is sent"
    )]
    Processor,
    /// The system trusts nobody.
    #[error(
        "no certificates of authorities were found: install those of the system, or name a file of them in SSL_CERT_FILE"
    )]
    Roots,
    /// The application's provider is for something else.
    #[error("the installed provider of rustls knows neither TLS 1.2 nor 1.3: install another")]
    Version,
}
