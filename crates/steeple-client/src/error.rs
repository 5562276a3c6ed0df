use std::{io, path::PathBuf};

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
    /// A file cannot be read.
    #[error("cannot read `{}`: {kind}; name a file that the service may read", .path.display())]
    File {
        /// Its path.
        path: PathBuf,
        /// Why not.
        kind: io::ErrorKind,
    },
    /// There is no certificate in a file, or one that is none.
    #[error("`{}` does not hold certificates: give them as PEM, each from `-----BEGIN CERTIFICATE-----` on", .path.display())]
    Certificate {
        /// Its path.
        path: PathBuf,
    },
    /// There is no private key in a file.
    #[error("`{}` does not hold a private key: give one as PEM that is not encrypted", .path.display())]
    Key {
        /// Its path.
        path: PathBuf,
    },
    /// The private key is not that of the certificate.
    #[error(
        "the private key in `{}` is not that of the first certificate in `{}`, or of a kind that is not supported: give \
         both of one pair, of ECDSA or RSA", .key.display(), .certificates.display()
    )]
    Identity {
        /// The path of the certificates.
        certificates: PathBuf,
        /// The path of the key.
        key: PathBuf,
    },
}
