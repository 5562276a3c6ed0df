use std::{fmt, str::FromStr};

use sentry_core::types;
use steeple_client::Endpoint;

use crate::DsnError;

/// Where to send to, and by which key: the [DSN](https://docs.sentry.io/concepts/key-terms/dsn-explainer/) of a project of
/// Sentry's. Neither its texts nor its errors show the key.
#[derive(Clone, PartialEq, Eq)]
pub struct Dsn(pub(crate) types::Dsn);

impl Dsn {
    /// Where envelopes are posted to.
    pub(crate) fn endpoint(&self) -> Result<Endpoint, DsnError> {
        Ok(self.0.envelope_api_url().as_str().parse::<Endpoint>()?)
    }
}

impl FromStr for Dsn {
    type Err = DsnError;

    fn from_str(given: &str) -> Result<Self, DsnError> {
        let dsn = Self(given.trim().parse()?);
        dsn.endpoint()?;
        Ok(dsn)
    }
}

impl fmt::Display for Dsn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(dsn) = self;
        write!(f, "{}://{}", dsn.scheme(), dsn.host())?;
        write!(f, ":{}{}{}", dsn.port(), dsn.path(), dsn.project_id())
    }
}

impl fmt::Debug for Dsn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Dsn({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dsn_is_shown_without_its_key() {
        let dsn: Dsn = "http://k3y:s3cret@sentry.example/base/7".parse().unwrap();
        assert_eq!(format!("{dsn:?}"), "Dsn(http://sentry.example:80/base/7)");
        let endpoint = dsn.endpoint().unwrap();
        assert_eq!(
            endpoint.to_string(),
            "http://sentry.example/base/api/7/envelope/"
        );
    }

    #[test]
    fn what_is_no_dsn_is_refused_without_its_key() {
        for (given, expected) in [
            ("", DsnError::NoUrl),
            ("k3y", DsnError::NoUrl),
            ("http://k3y@", DsnError::NoUrl),
            ("http://sentry.example/7", DsnError::NoKey),
            ("http://k3y@sentry.example", DsnError::NoProject),
            ("http://k3y@sentry.example/", DsnError::NoProject),
            ("ftp://k3y@sentry.example/7", DsnError::Scheme),
        ] {
            let error = given.parse::<Dsn>().unwrap_err();
            assert_eq!(error, expected, "{given}");
            assert!(!error.to_string().contains("k3y"), "{error}");
        }
    }

    #[cfg(not(feature = "tls"))]
    #[test]
    fn without_tls_https_is_refused() {
        let error = "https://k3y@sentry.example/7".parse::<Dsn>().unwrap_err();
        assert_eq!(error, DsnError::Scheme);
    }
}
