//! Clients that do exactly what they are told.

mod answer;
mod http1;
mod http2;
mod upgraded;

use std::net::SocketAddr;

use http::Version;
use tokio_tungstenite::tungstenite::WebSocket;

use self::http2::Http2;
pub(crate) use self::{answer::Answer, http1::Http1, upgraded::Upgraded};

/// A client of the version of HTTP that an adapter is asked in, for one request.
pub(crate) enum Client {
    Http1(Http1),
    Http2(Box<Http2>),
}

impl Client {
    pub(crate) fn connect(address: SocketAddr, version: Version) -> Self {
        match version {
            Version::HTTP_2 => Self::Http2(Http2::connect(address).into()),
            _ => Self::Http1(Http1::connect(address)),
        }
    }

    /// Sends a request, the only one unless its headers say otherwise.
    pub(crate) fn send(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: impl AsRef<[u8]>,
    ) {
        match self {
            Self::Http1(client) => client.send(method, path, headers, body),
            Self::Http2(client) => client.send(method, path, headers, &[body.as_ref()]),
        }
    }

    /// Sends a request whose body comes in parts, and does not tell its length.
    pub(crate) fn send_in_parts(&mut self, method: &str, path: &str, parts: &[&[u8]]) {
        match self {
            Self::Http1(client) => client.send_in_chunks(method, path, parts),
            Self::Http2(client) => client.send(method, path, &[], parts),
        }
    }

    /// Reads until `text` came.
    pub(crate) fn read_until(&mut self, text: &str) -> String {
        match self {
            Self::Http1(client) => client.read_until(text),
            Self::Http2(client) => client.read_until(text),
        }
    }

    /// Reads the one answer.
    pub(crate) fn answer(self) -> Answer {
        match self {
            Self::Http1(client) => client.answer(),
            Self::Http2(mut client) => client.answer(),
        }
    }

    /// Has nothing more to say, be the body whole or not.
    pub(crate) fn says_no_more(&self) {
        match self {
            Self::Http1(client) => client.says_no_more(),
            // The request was ended when it was sent.
            Self::Http2(_) => {}
        }
    }

    /// Takes the request back. HTTP/1 has no way but to go away; HTTP/2 resets the stream, and keeps its connection.
    pub(crate) fn leave(self) -> Option<Box<Http2>> {
        match self {
            Self::Http1(client) => {
                client.leave();
                None
            }
            Self::Http2(client) => Some(client.leave()),
        }
    }

    /// Asks for a WebSocket.
    pub(crate) fn websocket(self, path: &str) -> WebSocket<Upgraded> {
        match self {
            Self::Http1(client) => client.websocket(path),
            Self::Http2(client) => client.websocket(path),
        }
    }

    /// Breaks the connection off.
    pub(crate) fn abort(self) {
        match self {
            Self::Http1(client) => client.abort(),
            Self::Http2(client) => client.abort(),
        }
    }
}
