use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::{Group, json, users::UserKey};

/// What every line begins with. It is nowhere else in one, since quotes in strings are escaped.
pub(super) const START: &[u8] = br#"{"crc":""#;
const MIDDLE: &[u8] = br#"","record":"#;
const END: &[u8] = b"}";
/// The digits of a checksum.
const DIGITS: usize = 8;

/// One line.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(
    clippy::large_enum_variant,
    reason = "all but one in a file are of the large one"
)]
pub(super) enum Record<'a> {
    /// What ids of users are hashed by in what follows.
    UserKey(UserKey),
    /// What was counted of a group since its last record.
    Seen(Cow<'a, Group>),
}

impl Record<'_> {
    /// Appends it as one line.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(START);
        let digits = out.len();
        out.extend_from_slice(&[b'0'; DIGITS]);
        out.extend_from_slice(MIDDLE);
        let record = out.len();
        json::write(self, out);
        let checksum = format!("{:08x}", crc32fast::hash(&out[record..]));
        out[digits..digits + DIGITS].copy_from_slice(checksum.as_bytes());
        out.extend_from_slice(END);
        out.push(b'\n');
    }

    /// Reads what was a whole line, without its end.
    pub(super) fn read(line: &[u8]) -> Option<Self> {
        let (digits, rest) = line.strip_prefix(START)?.split_at_checked(DIGITS)?;
        let checksum = u32::from_str_radix(str::from_utf8(digits).ok()?, 16).ok()?;
        let record = rest.strip_prefix(MIDDLE)?.strip_suffix(END)?;
        if crc32fast::hash(record) != checksum {
            return None;
        }
        serde_json::from_slice(record).ok()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use steeple_core::current;

    use super::*;
    use crate::{
        json::tests::hostile,
        testing::{counted, report},
    };

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn a_record_is_one_line_of_json_whatever_was_told(
            message in hostile(), tag in hostile(), crumb in hostile(), user in hostile(), part in hostile()
        ) {
            let tell = || {
                current::tag(&tag, &message);
                current::breadcrumb(tracing::Level::WARN, &tag, &crumb);
                current::user(&user);
                current::fingerprint([&*part]);
            };
            let group = counted(&report("nightly", &message, tell), UserKey::random());
            let mut line = Vec::new();
            Record::Seen(Cow::Borrowed(&group)).write(&mut line);

            let (end, record) = line.split_last().unwrap();
            prop_assert_eq!(*end, b'\n');
            prop_assert!(!str::from_utf8(record)?.contains(char::is_control));
            prop_assert_eq!(record.windows(START.len()).filter(|part| *part == START).count(), 1);
            let json: serde_json::Value = serde_json::from_slice(record)?;
            let sample = &json["record"]["seen"]["samples"][0];
            let said = sample["causes"][0]["message"].as_str().unwrap();
            prop_assert!(message.starts_with(said));
            prop_assert_eq!(sample["breadcrumbs"].as_array().unwrap().len(), 1);
            let Some(Record::Seen(read)) = Record::read(record) else {
                return Err(TestCaseError::fail("it is no record"));
            };
            prop_assert_eq!(&read.message, &group.message);
            prop_assert_eq!(&read.samples[0].breadcrumbs[0].message, &group.samples[0].breadcrumbs[0].message);
        }
    }
}
