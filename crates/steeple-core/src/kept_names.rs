//! What a client calls the service and itself.

use std::fmt;

use crate::kept_head::keep_bytes;

/// The host that a request was sent to, and what its client is called. Requests of one client have the same, and seeing that takes
/// less time than reading them.
#[derive(Default, PartialEq, Eq)]
pub struct KeptNames {
    /// What came in header fields is text only once somebody reads it.
    host: Vec<u8>,
    user_agent: Vec<u8>,
}

impl KeptNames {
    /// Becomes those of another request, which has this authority in its target.
    pub(crate) fn begin(&mut self, authority: &str) {
        keep_bytes(&mut self.host, authority.as_bytes());
        self.user_agent.clear();
    }

    /// Takes in a header field that may be one of them.
    pub(crate) fn field(&mut self, name: &str, value: &[u8]) {
        match name {
            "host" if self.host.is_empty() => keep_bytes(&mut self.host, value),
            "user-agent" => keep_bytes(&mut self.user_agent, value),
            _ => {}
        }
    }

    /// The host that was asked for, with a port if there was one; empty if it is not known. User and password in front of it are
    /// told to nobody.
    #[must_use]
    pub fn host(&self) -> &str {
        readable(without_user(&self.host))
    }

    /// The field `user-agent`, empty if there was none.
    #[must_use]
    pub fn user_agent(&self) -> &str {
        readable(&self.user_agent)
    }
}

impl Clone for KeptNames {
    fn clone(&self) -> Self {
        Self {
            host: self.host.clone(),
            user_agent: self.user_agent.clone(),
        }
    }

    /// Uses the memory of what was there again.
    fn clone_from(&mut self, source: &Self) {
        self.host.clone_from(&source.host);
        self.user_agent.clone_from(&source.user_agent);
    }
}

impl fmt::Debug for KeptNames {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeptNames")
            .field("host", &self.host())
            .field("user_agent", &self.user_agent())
            .finish()
    }
}

/// As much as is text from the beginning.
pub(crate) fn readable(kept: &[u8]) -> &str {
    match str::from_utf8(kept) {
        Ok(text) => text,
        Err(error) => str::from_utf8(&kept[..error.valid_up_to()]).unwrap_or_default(),
    }
}

/// An authority without the [user information](https://www.rfc-editor.org/rfc/rfc3986#section-3.2.1) in front of the host, which
/// may be a password.
fn without_user(authority: &[u8]) -> &[u8] {
    // Most have none, and are too short for a search by words to pay.
    let at = authority.iter().rposition(|byte| *byte == b'@');
    at.map_or(authority, |at| &authority[at + 1..])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(authority: &str, fields: &[(&str, &str)]) -> KeptNames {
        let mut names = KeptNames::default();
        names.begin(authority);
        for (name, value) in fields {
            names.field(name, value.as_bytes());
        }
        names
    }

    #[test]
    fn the_authority_counts_before_the_field_and_tells_no_password() {
        let field = [("host", "other"), ("user-agent", "curl/8")];
        let names = names("ada:secret@shop:80", &field);
        assert_eq!((names.host(), names.user_agent()), ("shop:80", "curl/8"));
    }

    #[test]
    fn they_are_those_of_another_client_once_they_are_taken_over() {
        let (ada, bob) = (
            names("", &[("host", "shop"), ("user-agent", "curl/8")]),
            names("shop", &[("user-agent", "Firefox/140.0")]),
        );
        let mut known = ada.clone();
        assert!(known == ada && known != bob);
        known.clone_from(&bob);
        assert!(known == bob && known != ada);
        assert_eq!(names("shop", &[]).user_agent(), "");
    }
}
