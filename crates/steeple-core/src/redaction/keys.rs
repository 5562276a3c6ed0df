//! What clouds and forges give out as keys.

use super::reader::Reader;

/// No key is shorter.
pub(super) const SHORTEST: usize = 16;

/// How many bytes of random follow one of [`PREFIXES`] at least.
const SHORTEST_REST: usize = 16;

/// What keys begin with, by those who give them out.
const PREFIXES: [&str; 36] = [
    "GOCSPX-",
    "dckr_pat_",
    "dop_v1_",
    "ghp_",
    "gho_",
    "ghr_",
    "ghs_",
    "ghu_",
    "github_pat_",
    "glpat-",
    "hf_",
    "lin_api_",
    "npm_",
    "pk-",
    "pk_live_",
    "pk_test_",
    "pypi-",
    "rk_live_",
    "rk_test_",
    "shpat_",
    "shpss_",
    "sk-",
    "sk-ant-",
    "sk-live-",
    "sk-proj-",
    "sk-test-",
    "sk_live_",
    "sk_test_",
    "whsec_",
    "xoxa-",
    "xoxb-",
    "xoxe-",
    "xoxo-",
    "xoxp-",
    "xoxr-",
    "xoxs-",
];

/// What stands in front of a dot and a key.
const DOTTED: [&str; 3] = ["SG.", "hvs.", "ya29."];

/// Where a key begins and ends of which the word from `start` to `end` is part.
pub(super) fn range(reader: &Reader<'_>, start: usize, end: usize) -> Option<(usize, usize)> {
    let length = end - start;
    if reader.before(start) == Some(b'.') {
        let dotted = DOTTED.iter().find(|prefix| {
            let before = start.checked_sub(prefix.len());
            before.is_some_and(|before| reader.is_at(before, prefix))
        })?;
        return Some((start - dotted.len(), end_of_parts(reader, end)));
    }
    let is_key = match reader.at(start)? {
        // A JSON Web Token: RFC 7519 in the form of RFC 7515, whose header begins with `{"`.
        b'e' if reader.is_at(start, "eyJ") => {
            return Some((start, end_of_parts(reader, end)));
        }
        // https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html
        b'A' if length == 20 && is_of_amazon(reader, start) => {
            let letters = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
            reader.end_of(start, letters) >= end
        }
        b'A' => length >= 35 && reader.is_at(start, "AIza"),
        first => PREFIXES
            .iter()
            .filter(|prefix| prefix.as_bytes()[0] == first)
            .any(|prefix| {
                length >= prefix.len() + SHORTEST_REST
                    && reader.is_at(start, prefix)
                    && reader.end_of(start, |byte| !byte.is_ascii_digit()) < end
            }),
    };
    is_key.then_some((start, end))
}

fn is_of_amazon(reader: &Reader<'_>, start: usize) -> bool {
    ["ABIA", "ACCA", "AKIA", "ASIA"]
        .iter()
        .any(|prefix| reader.is_at(start, prefix))
}

/// The end of the parts that follow, each after a dot.
fn end_of_parts(reader: &Reader<'_>, from: usize) -> usize {
    let belongs = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    let end = reader.end_of(from, belongs);
    // The dot at the end is that of a sentence.
    reader.start_of(end, from, |byte| byte == b'.')
}
