//! Queries without their secrets.

use std::collections::HashSet;

/// What takes the place of a secret.
const REDACTED: &str = "REDACTED";

/// The keys whose values are [redacted by
/// default](https://github.com/open-telemetry/semantic-conventions/blob/v1.44.0/docs/registry/attributes/url.md), as they are
/// written: they are the signatures of requests to clouds.
const KEYS: [&str; 7] = [
    "X-Amz-Signature",
    "X-Amz-Credential",
    "X-Amz-Security-Token",
    "AWSAccessKeyId",
    "Signature",
    "sig",
    "X-Goog-Signature",
];

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
            let secret = pair
                .split_once('=')
                .filter(|(key, _)| self.keys.contains(*key));
            let Some((key, _)) = secret else {
                return [pair, "", ""];
            };
            let end = if pair.ends_with('&') { "&" } else { "" };
            [&pair[..=key.len()], REDACTED, end]
        })
    }
}

impl Default for Redaction {
    fn default() -> Self {
        Self {
            keys: KEYS.map(str::to_owned).into(),
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
    fn values_of_known_keys_are_replaced_and_nothing_else() {
        assert_eq!(redacted("a=1&sig=x%20y&b"), "a=1&sig=REDACTED&b");
        assert_eq!(redacted("token=a=b"), "token=REDACTED");
        assert_eq!(redacted("sig=1&sig=2&"), "sig=REDACTED&sig=REDACTED&");
        for kept in ["", "a", "&&", "Sig=1", "xsig=1", "sig", "a=sig"] {
            assert_eq!(redacted(kept), kept);
        }
    }
}
