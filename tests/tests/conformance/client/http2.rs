//! HTTP/2, with prior knowledge.

use std::net::SocketAddr;

use bytes::Bytes;
use h2::ext::Protocol;
use http::{Method, Request};
use tokio_tungstenite::tungstenite::{WebSocket, protocol::Role};

use super::{Answer, Upgraded};
use crate::http2::{Connection, Stream};

pub(crate) struct Http2 {
    connection: Connection,
    stream: Option<Stream>,
}

impl Http2 {
    pub(super) fn connect(address: SocketAddr) -> Self {
        Self {
            connection: Connection::open(address),
            stream: None,
        }
    }

    pub(super) fn send(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[&[u8]],
    ) {
        let mut request = Request::builder()
            .method(method)
            .uri(format!("http://test{path}"));
        // What is of the connection is no part of a request here.
        for (name, value) in headers.iter().filter(|(name, _)| *name != "connection") {
            request = request.header(*name, *value);
        }
        let body: Vec<_> = body.iter().filter(|part| !part.is_empty()).collect();
        let request = request.body(()).unwrap();
        let mut stream = self.connection.request(request, !body.is_empty());
        for part in &body {
            stream.send(Bytes::copy_from_slice(part), false);
        }
        // By itself, since a server that misses something of the body refuses the frame that ends it.
        if !body.is_empty() {
            stream.send(Bytes::new(), true);
        }
        self.stream = Some(stream);
    }

    pub(super) fn read_until(&mut self, text: &str) -> String {
        let stream = self.stream();
        let mut read = String::new();
        while !read.contains(text) {
            let data = stream.data();
            let data = data.unwrap_or_else(|| panic!("the stream ended before {text:?}"));
            read.push_str(str::from_utf8(&data.unwrap()).unwrap());
        }
        read
    }

    pub(super) fn answer(&mut self) -> Answer {
        let stream = self.stream();
        let head = stream.head();
        let status = head.status.as_u16();
        let fields = head.headers.iter();
        let fields = fields.map(|(name, value)| format!("{name}: {}\r\n", value.to_str().unwrap()));
        let head = fields.collect();
        let mut body = Vec::new();
        let is_whole = loop {
            match stream.data() {
                Some(Ok(data)) => body.extend_from_slice(&data),
                Some(Err(_)) => break false,
                None => break true,
            }
        };
        Answer::new(status, head, body, is_whole)
    }

    /// Bootstraps a [WebSocket](https://www.rfc-editor.org/rfc/rfc8441#section-5).
    pub(super) fn websocket(mut self: Box<Self>, path: &str) -> WebSocket<Upgraded> {
        self.connection.extends_connect();
        let request = Request::builder()
            .method(Method::CONNECT)
            .uri(format!("http://test{path}"))
            .header("sec-websocket-version", "13")
            .extension(Protocol::from_static("websocket"))
            .body(())
            .unwrap();
        let mut stream = self.connection.request(request, true);
        assert_eq!(stream.head().status, 200);
        self.stream = Some(stream);
        WebSocket::from_raw_socket(Upgraded::Stream(self), Role::Client, None)
    }

    pub(super) fn stream(&mut self) -> &mut Stream {
        self.stream.as_mut().unwrap()
    }

    /// Resets the stream; the connection goes on.
    pub(super) fn leave(mut self: Box<Self>) -> Box<Self> {
        self.stream().reset();
        // It leaves no record.
        self.send("GET", "/healthz", &[], &[]);
        assert_eq!(self.answer().status, 200);
        self
    }

    /// Drops the connection.
    pub(super) fn abort(self) {
        self.connection.abort();
    }
}
