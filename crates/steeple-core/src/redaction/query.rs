//! The queries of URLs.

use std::iter;

use super::names::Names;

/// The keys of a query whose values are [redacted by
/// default](https://github.com/open-telemetry/semantic-conventions/blob/v1.44.0/docs/registry/attributes/url.md), in this
/// case: they are the signatures of requests to clouds.
pub const CLOUD_SIGNATURES: [&str; 7] = [
    "X-Amz-Signature",
    "X-Amz-Credential",
    "X-Amz-Security-Token",
    "AWSAccessKeyId",
    "Signature",
    "sig",
    "X-Goog-Signature",
];

/// The bytes of what is [encoded by percents](https://www.rfc-editor.org/rfc/rfc3986#section-2.1). What is malformed stays as it
/// is.
pub fn percent_decoded(text: &str) -> impl Iterator<Item = u8> {
    let mut rest = text.as_bytes();
    iter::from_fn(move || {
        let byte = encoded(rest).inspect(|_| rest = &rest[3..]);
        byte.or_else(|| rest.split_off_first().copied())
    })
}

/// The byte that `text` begins with, if that is encoded.
fn encoded(text: &[u8]) -> Option<u8> {
    let [b'%', high, low, ..] = text else {
        return None;
    };
    let digit = |digit: u8| char::from(digit).to_digit(16);
    Some((digit(*high)? << 4 | digit(*low)?) as u8)
}

/// How many bytes of an encoded key count: the last.
const LONGEST: usize = 192;

/// Whether the value of a key is a secret, whichever of its characters are encoded.
pub(super) fn is_secret(names: &Names, key: &str) -> bool {
    let mut room = [0; LONGEST];
    let key = match key.contains('%') {
        true => decode(key, &mut room),
        false => key,
    };
    CLOUD_SIGNATURES.contains(&key) || is_key(key) || names.name_a_secret(key)
}

/// What is text of the end of a key.
fn decode<'r>(key: &str, room: &'r mut [u8; LONGEST]) -> &'r str {
    let cut = (key.len().saturating_sub(LONGEST)..).find(|start| key.is_char_boundary(*start));
    let key = &key[cut.unwrap_or(0)..];
    let mut length = 0;
    for (place, byte) in room.iter_mut().zip(percent_decoded(key)) {
        // What is no text is no name that we know.
        *place = if byte.is_ascii() { byte } else { b'?' };
        length += 1;
    }
    str::from_utf8(&room[..length]).unwrap_or_default()
}

/// Whether it is one by which APIs are told secrets, though it is a word like any other.
pub(super) fn is_key(key: &str) -> bool {
    ["code", "key", "sig"]
        .iter()
        .any(|known| known.eq_ignore_ascii_case(key))
}
