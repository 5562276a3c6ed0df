//! What an adapter tells of a request that goes out.

use crate::{head::Scheme, headers::Headers};

/// The head of a request that goes out, borrowed from the client's own type.
#[derive(Clone, Copy)]
pub struct OutgoingHead<'a> {
    /// The method, case preserved.
    pub method: &'a str,
    /// The scheme.
    pub scheme: Scheme,
    /// The host of its URL; empty if that is not known.
    pub host: &'a str,
    /// The port of its URL, if that names one. Default: that of the scheme.
    pub port: Option<u16>,
    /// The path of its URL.
    pub path: &'a str,
    /// The query of its URL, without the `?`.
    pub query: Option<&'a str>,
    /// The header fields, which tell whether it is a gRPC call.
    pub headers: &'a dyn Headers,
    /// How often it was sent before, by [`Attempts`](crate::Attempts).
    pub resend_count: u32,
}

impl OutgoingHead<'_> {
    /// The host, without the brackets of an address of version 6.
    pub(crate) fn address(&self) -> &str {
        address(self.host)
    }

    /// The port that it goes to.
    pub(crate) fn effective_port(&self) -> u16 {
        self.port.unwrap_or(match self.scheme {
            Scheme::Http => 80,
            Scheme::Https => 443,
        })
    }
}

/// A host without the brackets of an address of version 6.
pub(crate) fn address(host: &str) -> &str {
    host.trim_start_matches('[').trim_end_matches(']')
}
