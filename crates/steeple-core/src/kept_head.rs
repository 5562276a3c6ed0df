//! What is kept of the head of a request that may be asked for it later.

use std::{cell::RefCell, fmt, net::SocketAddr};

use crate::{head::RequestHead, headers::Headers, reading::Lengths, text};

/// How many bytes of each text are kept; the rest is cut off.
const LONGEST_TEXT: usize = 1_024;

/// The names of the header fields that are always kept.
const ALWAYS: [&str; 2] = ["host", "user-agent"];

/// What is kept of the head of a request: of one whose trace is recorded, and of all where
/// [errors are reported](crate::ObserverBuilder::error_sink) or a [sink reads it](crate::Sink::reads_heads).
///
/// It is made once for each pooled observation, and all of its buffers are used again.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct KeptHead {
    method: String,
    path: String,
    query: Option<String>,
    /// What came in header fields is text only once somebody reads it.
    host: Vec<u8>,
    user_agent: Vec<u8>,
    peer: Option<SocketAddr>,
    fields: Vec<(String, Vec<u8>)>,
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
    /// Becomes that of another request, with its fields.
    pub(crate) fn keep(&mut self, head: &RequestHead<'_>, wanted: &KeptFields) {
        self.begin(head);
        let mut keep = |name: &str, value: &[u8]| self.field(name, value, wanted);
        head.headers.visit(&mut keep);
    }

    /// Becomes that of another request, of which no [field](Self::field) is known yet.
    pub(crate) fn begin(&mut self, head: &RequestHead<'_>) {
        keep(&mut self.method, head.method);
        keep(&mut self.path, head.details.path());
        match head.details.query() {
            Some(query) => keep(self.query.get_or_insert_default(), query),
            None => self.query = None,
        }
        self.peer = head.details.peer();
        self.user_agent.clear();
        let authority = head.details.authority().unwrap_or_default();
        keep_bytes(&mut self.host, authority.as_bytes());
        self.count = 0;
    }

    /// Keeps a header field if it is wanted.
    #[inline(always)]
    fn field(&mut self, name: &str, value: &[u8], wanted: &KeptFields) {
        // Most others are told by their length.
        if wanted.lengths.contain(name.len()) {
            self.likely_field(name, value, wanted);
        }
    }

    fn likely_field(&mut self, name: &str, value: &[u8], wanted: &KeptFields) {
        match name.len() {
            4 if name == "host" && self.host.is_empty() => keep_bytes(&mut self.host, value),
            10 if name == "user-agent" => keep_bytes(&mut self.user_agent, value),
            _ => {}
        }
        if wanted.names.iter().any(|known| known == name) {
            self.keep_field(name, value);
        }
    }

    fn keep_field(&mut self, name: &str, value: &[u8]) {
        // What a client repeats does not make it grow.
        let kept = &mut self.fields[..self.count];
        if let Some((_, before)) = kept.iter_mut().find(|(known, _)| known == name) {
            return keep_bytes(before, value);
        }
        if self.fields.len() == self.count {
            self.fields.push(Default::default());
        }
        let (known, before) = &mut self.fields[self.count];
        keep(known, name);
        keep_bytes(before, value);
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

    /// Who is at the other end of the connection, where the framework tells it.
    #[must_use]
    pub fn peer(&self) -> Option<SocketAddr> {
        self.peer
    }

    /// The other header fields that are to be [kept](crate::ObserverBuilder::kept_headers), by their names in lower case. Of a field
    /// that came several times it is the last.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        let fields = self.fields.iter().take(self.count);
        fields.map(|(name, value)| (&**name, readable(value)))
    }
}

impl KeptFields {
    pub(crate) fn new(names: Vec<String>) -> Self {
        let lengths = Lengths::of(ALWAYS.into_iter().chain(names.iter().map(String::as_str)));
        Self { names, lengths }
    }

    /// The names of all that is kept.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        ALWAYS
            .into_iter()
            .chain(self.names.iter().map(String::as_str))
    }
}

/// The header fields of a request, which are kept while they are read for the first time.
pub(crate) struct Keeping<'a> {
    headers: &'a dyn Headers,
    kept: RefCell<&'a mut KeptHead>,
    wanted: &'a KeptFields,
}

impl<'a> Keeping<'a> {
    pub(crate) fn new(
        headers: &'a dyn Headers,
        kept: &'a mut KeptHead,
        wanted: &'a KeptFields,
    ) -> Self {
        Self {
            headers,
            kept: RefCell::new(kept),
            wanted,
        }
    }
}

impl Headers for Keeping<'_> {
    fn visit(&self, f: &mut dyn FnMut(&str, &[u8])) {
        self.headers.visit(f);
    }

    fn visit_read(&self, f: &mut dyn FnMut(&str, &[u8])) {
        let Ok(mut kept) = self.kept.try_borrow_mut() else {
            return self.headers.visit_read(f);
        };
        self.headers.visit_read(&mut |name, value| {
            kept.field(name, value, self.wanted);
            f(name, value);
        });
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

fn keep_bytes(kept: &mut Vec<u8>, value: &[u8]) {
    kept.clear();
    kept.extend_from_slice(&value[..value.len().min(LONGEST_TEXT)]);
}

/// As much as is text from the beginning.
fn readable(kept: &[u8]) -> &str {
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
        let mut kept = Vec::new();
        keep_bytes(&mut kept, "\u{20ac}".repeat(LONGEST_TEXT).as_bytes());
        assert_eq!(readable(&kept), "\u{20ac}".repeat(LONGEST_TEXT / 3));
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
