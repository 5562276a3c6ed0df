//! What is kept of the head of a request that may be asked for it later.

use std::{fmt, net::SocketAddr};

use crate::{head::RequestHead, reading::Lengths, text};

/// How many bytes of each text are kept; the rest is cut off.
const LONGEST_TEXT: usize = 1_024;

/// What is kept of the head of a request: of one whose trace is recorded, and of all where
/// [errors are reported](crate::ObserverBuilder::error_sink).
///
/// It is made once for each pooled observation, and all of its buffers are used again.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct KeptHead {
    method: String,
    path: String,
    query: Option<String>,
    host: String,
    user_agent: String,
    peer: Option<SocketAddr>,
    fields: Vec<(String, String)>,
    /// How many of the fields are this request's.
    count: usize,
}

/// The names of the header fields that are kept besides.
#[derive(Debug)]
pub(crate) struct KeptFields {
    names: Vec<String>,
    /// The lengths of the names of all that is kept.
    lengths: Lengths,
}

impl KeptHead {
    /// Becomes that of another request.
    pub(crate) fn keep(&mut self, head: &RequestHead<'_>, wanted: &KeptFields) {
        keep(&mut self.method, head.method);
        keep(&mut self.path, head.details.path());
        match head.details.query() {
            Some(query) => keep(self.query.get_or_insert_default(), query),
            None => self.query = None,
        }
        self.peer = head.details.peer();
        self.user_agent.clear();
        let authority = head.details.authority();
        keep(&mut self.host, without_user(authority.unwrap_or_default()));
        self.count = 0;
        head.headers.visit(&mut |name, value| {
            if !wanted.lengths.contain(name.len()) {
                return;
            }
            let text = || str::from_utf8(value).unwrap_or_default();
            match name.len() {
                4 if name == "host" && self.host.is_empty() => {
                    keep(&mut self.host, without_user(text()));
                }
                10 if name == "user-agent" => keep(&mut self.user_agent, text()),
                _ => {}
            }
            if wanted.names.iter().any(|known| known == name) {
                self.keep_field(name, text());
            }
        });
    }

    fn keep_field(&mut self, name: &str, value: &str) {
        // What a client repeats does not make it grow.
        let kept = &mut self.fields[..self.count];
        if let Some((_, before)) = kept.iter_mut().find(|(known, _)| known == name) {
            return keep(before, value);
        }
        match self.fields.get_mut(self.count) {
            Some((known, before)) => {
                keep(known, name);
                keep(before, value);
            }
            None => {
                let value = text::beginning(value, LONGEST_TEXT).to_owned();
                self.fields.push((name.to_owned(), value));
            }
        }
        self.count += 1;
    }

    /// The method as sent.
    #[must_use]
    pub fn method(&self) -> &str {
        &self.method
    }

    /// The path of the target.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The query of the target, without the `?`. It may hold secrets.
    #[must_use]
    pub fn query(&self) -> Option<&str> {
        self.query.as_deref()
    }

    /// The host that was asked for, with a port if there was one; empty if it is not known.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The field `user-agent`, empty if there was none.
    #[must_use]
    pub fn user_agent(&self) -> &str {
        &self.user_agent
    }

    /// Who is at the other end of the connection, where the framework tells it.
    #[must_use]
    pub fn peer(&self) -> Option<SocketAddr> {
        self.peer
    }

    /// The other header fields that are to be [kept](crate::ObserverBuilder::kept_headers), by their names in lower case. Of a field
    /// that came several times it is the last.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        let fields = self.fields.iter().take(self.count);
        fields.map(|(name, value)| (&**name, &**value))
    }
}

impl KeptFields {
    pub(crate) fn new(names: Vec<String>) -> Self {
        let wanted = names.iter().map(String::as_str);
        Self {
            lengths: Lengths::of(wanted.chain(["host", "user-agent"])),
            names,
        }
    }
}

/// Queries and header fields may hold secrets.
impl fmt::Debug for KeptHead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeptHead")
            .field("method", &self.method)
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

fn keep(kept: &mut String, value: &str) {
    kept.clear();
    kept.push_str(text::beginning(value, LONGEST_TEXT));
}

/// An authority without the [user information](https://www.rfc-editor.org/rfc/rfc3986#section-3.2.1) in front of the host, which
/// may be a password.
fn without_user(authority: &str) -> &str {
    // Most have none, and are too short for a search by words to pay.
    let at = authority.bytes().rposition(|byte| byte == b'@');
    at.map_or(authority, |at| &authority[at + 1..])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::head::HttpVersion;

    fn kept(head: &mut KeptHead, headers: &[(&str, &str)], names: &[&str]) {
        struct Pairs<'a>(&'a [(&'a str, &'a str)]);
        impl crate::Headers for Pairs<'_> {
            fn visit(&self, f: &mut dyn FnMut(&str, &[u8])) {
                self.0
                    .iter()
                    .for_each(|(name, value)| f(name, value.as_bytes()));
            }
        }
        let wanted = KeptFields::new(names.iter().map(|name| (*name).to_owned()).collect());
        let request = RequestHead {
            method: "GET",
            scheme: None,
            version: HttpVersion::Http11,
            route: None,
            headers: &Pairs(headers),
            body_size: None,
            details: &(),
        };
        head.keep(&request, &wanted);
    }

    #[test]
    fn long_texts_are_cut_between_characters() {
        let mut kept = String::new();
        keep(&mut kept, &"\u{20ac}".repeat(LONGEST_TEXT));
        assert_eq!(kept, "\u{20ac}".repeat(LONGEST_TEXT / 3));
    }

    #[test]
    fn what_is_kept_is_that_of_one_request_and_of_the_names_that_are_wanted() {
        let mut head = KeptHead::default();
        let sent = [
            ("host", "ada:secret@shop:80"),
            ("accept", "text/html"),
            ("cookie", "secret"),
            ("x-tenant", "blue"),
            ("x-tenant", "red"),
        ];
        kept(&mut head, &sent, &["accept", "x-tenant"]);
        assert_eq!(head.host(), "shop:80");
        let fields: Vec<_> = head.headers().collect();
        assert_eq!(fields, [("accept", "text/html"), ("x-tenant", "red")]);
        kept(&mut head, &[("x-tenant", "green")], &["accept", "x-tenant"]);
        assert_eq!(head.host(), "");
        assert_eq!(Vec::from_iter(head.headers()), [("x-tenant", "green")]);
    }
}
