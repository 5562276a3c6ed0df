//! What is kept of the head of a request that may be asked for it later.

use std::{fmt, net::SocketAddr};

use crate::{
    head::RequestHead,
    kept_names::{KeptNames, readable},
    reading::Lengths,
    text,
};

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
    names: KeptNames,
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
        let mut keeping = self.begin(head, wanted);
        let lengths = keeping.lengths();
        head.headers.visit(&mut |name, value| {
            if lengths.contain(name.len()) {
                keeping.field(name, value);
            }
        });
    }

    /// Becomes that of another request, of which no field is known yet.
    // Inlined into the adapter, it asks for the details without a detour.
    #[inline]
    pub(crate) fn begin<'a>(
        &'a mut self,
        head: &RequestHead<'_>,
        wanted: &'a KeptFields,
    ) -> Keeping<'a> {
        let details = (head.details)();
        self.peer = details.peer;
        self.target(head.method, details.path, details.query);
        self.names.begin(details.authority.unwrap_or_default());
        self.count = 0;
        Keeping { kept: self, wanted }
    }

    fn target(&mut self, method: &str, path: &str, query: Option<&str>) {
        keep(&mut self.method, method);
        keep(&mut self.path, path);
        match query {
            Some(query) => keep(self.query.get_or_insert_default(), query),
            None => self.query = None,
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

    /// What the client calls the service and itself.
    #[must_use]
    pub fn names(&self) -> &KeptNames {
        &self.names
    }

    /// The host that was asked for: [`KeptNames::host`].
    #[must_use]
    pub fn host(&self) -> &str {
        self.names.host()
    }

    /// The field `user-agent`, empty if there was none.
    #[must_use]
    pub fn user_agent(&self) -> &str {
        self.names.user_agent()
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

/// Takes in header fields of a request, while they are read for the first time.
pub(crate) struct Keeping<'a> {
    kept: &'a mut KeptHead,
    wanted: &'a KeptFields,
}

impl Keeping<'_> {
    /// The lengths of the names of all that is kept: most others are told by theirs.
    #[inline]
    pub(crate) fn lengths(&self) -> Lengths {
        self.wanted.lengths
    }

    /// Keeps a header field if it is wanted.
    pub(crate) fn field(&mut self, name: &str, value: &[u8]) {
        self.kept.names.field(name, value);
        if self.wanted.names.iter().any(|known| known == name) {
            self.kept.keep_field(name, value);
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

pub(crate) fn keep_bytes(kept: &mut Vec<u8>, value: &[u8]) {
    kept.clear();
    kept.extend_from_slice(&value[..value.len().min(LONGEST_TEXT)]);
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
            details: &Default::default,
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
