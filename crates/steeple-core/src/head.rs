//! What an adapter tells of a message's head, in terms that no framework owns.

use std::{borrow::Cow, net::SocketAddr};

use crate::{headers::Headers, template::Template};

/// The head of a request, borrowed from the framework's own type.
#[derive(Clone, Copy)]
pub struct RequestHead<'a> {
    /// The method as sent, case preserved.
    pub method: &'a str,
    /// The scheme, where the framework knows it from the connection; never what the client wrote. Default: the observer's.
    pub scheme: Option<Scheme>,
    /// The protocol version.
    pub version: HttpVersion,
    /// The template of the matched route, where routing came first.
    pub route: Option<Template<'a>>,
    /// The header fields.
    pub headers: &'a dyn Headers,
    /// The size of the body in bytes, where the framework knows it exactly.
    pub body_size: Option<u64>,
    /// Tells what few requests are asked for.
    pub details: &'a dyn Fn() -> RequestDetails<'a>,
}

/// What a request is asked for if its head is kept. Default: nothing is known.
#[derive(Clone, Copy, Debug, Default)]
pub struct RequestDetails<'a> {
    /// The path of the target, as sent.
    pub path: &'a str,
    /// The query of the target, without the `?`, as sent.
    pub query: Option<&'a str>,
    /// The authority of the target, where it has one: since HTTP/2 it takes the place of the field `host`.
    pub authority: Option<&'a str>,
    /// Who is at the other end of the connection, where the framework knows.
    pub peer: Option<SocketAddr>,
}

impl<'a> RequestHead<'a> {
    /// The first field called `name` (lower case), if it is UTF-8.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<Cow<'a, str>> {
        let mut found = None;
        self.headers.visit(&mut |field, value| {
            if found.is_none() && field == name {
                found = str::from_utf8(value)
                    .ok()
                    .map(|value| Cow::Owned(value.to_owned()));
            }
        });
        found
    }
}

/// The head of a response, borrowed from the framework's own type.
#[derive(Clone, Copy)]
pub struct ResponseHead<'a> {
    /// The status code.
    pub status: u16,
    /// The header fields.
    pub headers: &'a dyn Headers,
    /// The size of the body in bytes, where the framework knows it exactly.
    pub body_size: Option<u64>,
}

/// The scheme of a request, the attribute `url.scheme`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scheme {
    /// `http`
    #[default]
    Http,
    /// `https`
    Https,
}

impl Scheme {
    /// The value of the attribute.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }
}

/// The version of HTTP, the attribute `network.protocol.version`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HttpVersion {
    /// HTTP/0.9
    Http09,
    /// HTTP/1.0
    Http10,
    /// HTTP/1.1
    #[default]
    Http11,
    /// HTTP/2
    Http2,
    /// HTTP/3
    Http3,
}

impl HttpVersion {
    /// Whether it has streams and trailers, as gRPC needs them.
    pub(crate) const fn is_multiplexed(self) -> bool {
        matches!(self, Self::Http2 | Self::Http3)
    }

    /// The value of the attribute.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Http09 => "0.9",
            Self::Http10 => "1.0",
            Self::Http11 => "1.1",
            Self::Http2 => "2",
            Self::Http3 => "3",
        }
    }
}
