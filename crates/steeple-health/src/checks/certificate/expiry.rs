//! Until when a certificate is valid.

use std::{
    error::Error,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use crate::time::{days_to, rfc_3339};

const SEQUENCE: u8 = 0x30;
const VERSION: u8 = 0xa0;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;

/// Whether a certificate in DER is valid for at least `least` from now on, by its own word.
pub(super) fn lasts(der: &[u8], least: Duration) -> Result<(), Box<dyn Error + Send + Sync>> {
    let end = not_after(der).ok_or("the certificate does not say until when it is valid")?;
    if SystemTime::now() + least > end {
        return Err(format!("the certificate is valid until {}", rfc_3339(end)).into());
    }
    Ok(())
}

/// The end of the [validity](https://www.rfc-editor.org/rfc/rfc5280#section-4.1.2.5) of a certificate in DER.
fn not_after(der: &[u8]) -> Option<SystemTime> {
    let mut certificate = Der(der).inside(SEQUENCE)?;
    let mut signed = certificate.inside(SEQUENCE)?;
    // The version, if it is told, or the serial number.
    if signed.next()?.0 == VERSION {
        signed.next()?;
    }
    let (_algorithm, _issuer) = (signed.next()?, signed.next()?);
    let mut validity = signed.inside(SEQUENCE)?;
    validity.next()?;
    let (form, digits) = validity.next()?;
    time(form, str::from_utf8(digits).ok()?)
}

fn time(form: u8, digits: &str) -> Option<SystemTime> {
    let digits = digits.strip_suffix('Z')?;
    let is_plain = digits.bytes().all(|byte| byte.is_ascii_digit());
    let (year, rest) = match (form, digits.len(), is_plain) {
        (GENERALIZED_TIME, 14, true) => (digits[..4].parse().ok()?, &digits[4..]),
        (UTC_TIME, 12, true) => {
            let year: u64 = digits[..2].parse().ok()?;
            (if year < 50 { 2_000 } else { 1_900 } + year, &digits[2..])
        }
        _ => return None,
    };
    let part = |at: usize| rest[at..at + 2].parse::<u64>().ok();
    let (month, day) = (part(0)?, part(2)?);
    let seconds = part(4)? * 3_600 + part(6)? * 60 + part(8)?;
    let days = days_to(year, month, day)?;
    UNIX_EPOCH.checked_add(Duration::from_secs(days * 86_400 + seconds))
}

/// The elements of a value in [DER](https://www.itu.int/rec/T-REC-X.690).
struct Der<'a>(&'a [u8]);

impl<'a> Der<'a> {
    /// What is inside of the next element, if that is of `tag`.
    fn inside(&mut self, tag: u8) -> Option<Self> {
        let (found, content) = self.next()?;
        (found == tag).then_some(Self(content))
    }
}

impl<'a> Iterator for Der<'a> {
    type Item = (u8, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let (&tag, rest) = self.0.split_first()?;
        let (&first, rest) = rest.split_first()?;
        let (length, rest) = if first < 0x80 {
            (usize::from(first), rest)
        } else {
            let (bytes, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
            if bytes.len() > 4 {
                return None;
            }
            let length = bytes
                .iter()
                .fold(0, |length, byte| length << 8 | usize::from(*byte));
            (length, rest)
        };
        let (content, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        Some((tag, content))
    }
}

#[cfg(test)]
mod tests {
    use super::{super::file::tests::lasting, *};

    #[test]
    fn the_end_is_that_which_openssl_tells() {
        let end = not_after(&lasting()).map(rfc_3339);
        assert_eq!(end.as_deref(), Some("2126-10-30T03:50:57.000Z"));
    }

    #[test]
    fn both_forms_of_time_are_read() {
        let told = |form, digits| time(form, digits).map(rfc_3339);
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(
            told(UTC_TIME, "491231235959Z"),
            some("2049-12-31T23:59:59.000Z")
        );
        assert_eq!(
            told(UTC_TIME, "991231235959Z"),
            some("1999-12-31T23:59:59.000Z")
        );
        assert_eq!(told(GENERALIZED_TIME, "20500229120000Z"), None);
        assert_eq!(
            told(GENERALIZED_TIME, "20520229120000Z"),
            some("2052-02-29T12:00:00.000Z")
        );
        assert_eq!(told(GENERALIZED_TIME, "2052ä29120000Z"), None);
    }

    #[test]
    fn what_is_cut_or_flipped_is_no_panic() {
        let der = lasting();
        for cut in 0..der.len() {
            let _ = not_after(&der[..cut]);
            for bit in 0..8 {
                let mut flipped = der.clone();
                flipped[cut] ^= 1 << bit;
                let _ = not_after(&flipped);
            }
        }
    }
}
