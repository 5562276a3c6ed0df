use std::path::PathBuf;

/// Whom a client trusts where its URL is of https, and who it says it is. The files are of
/// [PEM](https://www.rfc-editor.org/rfc/rfc7468), and read when the client is built.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[must_use = "it goes to `ClientBuilder::tls`"]
pub struct Tls {
    pub(super) authorities: Option<PathBuf>,
    pub(super) identity: Option<Identity>,
}

/// The files of a certificate and its key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Identity {
    pub(super) certificates: PathBuf,
    pub(super) key: PathBuf,
}

impl Tls {
    /// Trusts the authorities whose certificates are in `file`, and nobody else. Default: whom the system trusts.
    pub fn authorities(mut self, file: impl Into<PathBuf>) -> Self {
        self.authorities = Some(file.into());
        self
    }

    /// Shows servers that ask for it the certificate in `certificates`, whose private key, not encrypted, is in `key`; behind the
    /// certificate may be those that lead to an authority. Default: none, so that servers do not know who calls.
    pub fn identity(mut self, certificates: impl Into<PathBuf>, key: impl Into<PathBuf>) -> Self {
        self.identity = Some(Identity {
            certificates: certificates.into(),
            key: key.into(),
        });
        self
    }
}
