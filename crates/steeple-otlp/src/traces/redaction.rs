//! Queries without their secrets.

use std::collections::HashSet;

use steeple_core::redaction::{CLOUD_SIGNATURES, percent_decoded};

/// What takes the place of a secret.
const REDACTED: &str = "REDACTED";

/// Which values of a query are secrets.
#[derive(Clone, Debug)]
pub(crate) struct Redaction {
    keys: HashSet<String>,
}

impl Redaction {
    pub(crate) fn add(&mut self, keys: impl Iterator<Item = String>) {
        self.keys.extend(keys);
    }

    /// The parts of `query` that, one after the other, are the query without its secrets.
    pub(crate) fn parts<'q>(&self, query: &'q str) -> impl Iterator<Item = &'q str> {
        query.split_inclusive('&').flat_map(|pair| {
            let secret = pair.split_once('=').filter(|(key, _)| self.include(key));
            let Some((key, _)) = secret else {
                return [pair, "", ""];
            };
            let end = if pair.ends_with('&') { "&" } else { "" };
            [&pair[..=key.len()], REDACTED, end]
        })
    }

    /// Whether the value of `key` is a secret, whichever of its characters are encoded.
    fn include(&self, key: &str) -> bool {
        let is_known = |known: &String| percent_decoded(key).eq(known.bytes());
        self.keys.contains(key) || key.contains('%') && self.keys.iter().any(is_known)
    }
}

impl Default for Redaction {
    fn default() -> Self {
        Self {
            keys: CLOUD_SIGNATURES.map(str::to_owned).into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn redacted(query: &str) -> String {
        let mut redaction = Redaction::default();
        redaction.add(["token".to_owned()].into_iter());
        redaction.parts(query).collect()
    }

    #[test]
    fn keys_are_known_however_they_are_encoded() {
        for (key, redacted_too) in [
            ("t%6Fken", true),
            ("%74%6f%6b%65%6e", true),
            ("tok%65n", true),
            ("tok%2565n", false),
            ("tok%6", false),
            ("token%", false),
            ("%zzoken", false),
            ("%+6oken", false),
            ("%", false),
        ] {
            let value = if redacted_too { REDACTED } else { "x" };
            assert_eq!(
                redacted(&format!("a=1&{key}=x&b=2")),
                format!("a=1&{key}={value}&b=2")
            );
        }
    }

    #[test]
    fn values_of_known_keys_are_replaced_and_nothing_else() {
        assert_eq!(redacted("a=1&sig=x%20y&b"), "a=1&sig=REDACTED&b");
        assert_eq!(redacted("token=a=b"), "token=REDACTED");
        assert_eq!(redacted("sig=1&sig=2&"), "sig=REDACTED&sig=REDACTED&");
        for kept in ["", "a", "&&", "Sig=1", "xsig=1", "sig", "a=sig"] {
            assert_eq!(redacted(kept), kept);
        }
    }
}
