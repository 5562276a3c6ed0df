use std::{
    error::Error,
    fs,
    future::ready,
    path::{Path, PathBuf},
    time::Duration,
};

use base64::{Engine as _, prelude::BASE64_STANDARD};

use super::expiry;
use crate::Check;

const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
const END: &str = "-----END CERTIFICATE-----";

/// That the first certificate in a file of PEM is valid for at least `least` from now on. It is read anew in each run, as files
/// that are renewed have to be; a day is soon enough to look again.
///
/// ```
/// use std::time::Duration;
///
/// use steeple_health::{Health, checks};
///
/// # fn main() -> Result<(), steeple_health::HealthError> {
/// let fortnight = Duration::from_secs(14 * 24 * 60 * 60);
/// let health = Health::builder()
///     .check("certificate", checks::certificate("/etc/shop/tls.crt", fortnight).degrading())
///     .start()?;
/// # Ok(())
/// # }
/// ```
pub fn certificate(path: impl Into<PathBuf>, least: Duration) -> Check {
    let path = path.into();
    Check::new(move || ready(lasts(&path, least))).component("system")
}

fn lasts(path: &Path, least: Duration) -> Result<(), Box<dyn Error + Send + Sync>> {
    let pem = fs::read_to_string(path)?;
    let der = first(&pem).ok_or("the file has no certificate in PEM")?;
    expiry::lasts(&der, least)
}

fn first(pem: &str) -> Option<Vec<u8>> {
    let (_, rest) = pem.split_once(BEGIN)?;
    let (encoded, _) = rest.split_once(END)?;
    let encoded: String = encoded.split_whitespace().collect();
    BASE64_STANDARD.decode(encoded).ok()
}

#[cfg(test)]
pub(super) mod tests {
    use std::time::{SystemTime, UNIX_EPOCH};

    use super::*;

    /// Valid until 2126-10-30T03:50:57Z, as `openssl x509 -enddate` tells.
    const LASTING: &str = include_str!("../../../tests/certificates/lasting.pem");

    pub(in super::super) fn lasting() -> Vec<u8> {
        first(LASTING).unwrap()
    }

    #[test]
    fn a_certificate_that_ends_too_soon_is_down() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("tls.crt");
        assert!(lasts(&path, Duration::ZERO).is_err());
        fs::write(&path, "nothing").unwrap();
        assert!(lasts(&path, Duration::ZERO).is_err());
        fs::write(&path, LASTING).unwrap();
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        let left = Duration::from_secs(4_949_005_857).saturating_sub(now);
        let hour = Duration::from_secs(3_600);
        assert!(lasts(&path, left.saturating_sub(hour)).is_ok());
        let soon = lasts(&path, left + hour).unwrap_err().to_string();
        assert_eq!(
            soon,
            "the certificate is valid until 2126-10-30T03:50:57.000Z"
        );
    }
}
