use std::fmt;

use hmac_sha256::HMAC;

/// How many of the hexadecimal digits of a hash stay: enough to tell users apart.
const DIGITS: usize = 32;

/// Tells users apart without telling who they are.
///
/// Ids are short, so that a hash alone could be tried out. It is keyed by the DSN, which events do not have in them.
#[derive(Clone)]
pub(crate) struct UserIds {
    key: String,
}

impl UserIds {
    pub(crate) fn keyed_by(key: impl Into<String>) -> Self {
        Self { key: key.into() }
    }

    /// What stands for an id.
    pub(super) fn hash(&self, id: &str) -> String {
        let hash = HMAC::mac(id.as_bytes(), self.key.as_bytes());
        let mut digits: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
        digits.truncate(DIGITS);
        digits
    }
}

/// The key is a secret.
impl fmt::Debug for UserIds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("UserIds(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_is_the_same_by_the_same_key_alone() {
        let users = UserIds::keyed_by("k1");
        assert_eq!(users.hash("ada"), users.hash("ada"));
        assert_ne!(users.hash("ada"), users.hash("bob"));
        assert_ne!(users.hash("ada"), UserIds::keyed_by("k2").hash("ada"));
        assert_eq!(users.hash("ada").len(), DIGITS);
    }
}
