//! A client that does exactly what it is told, on the streams of one HTTP/2 connection.

use std::net::SocketAddr;

use bytes::{Buf, Bytes, BytesMut};
use http::{HeaderMap, Request, Version};

use crate::http2::{Connection, Stream};

pub(super) struct Client(Connection);

impl Client {
    pub(super) fn connect(address: SocketAddr) -> Self {
        Self(Connection::open(address))
    }

    /// Begins a call of `path`, without any message yet.
    pub(super) fn call(&self, path: &str, headers: &[(&str, &str)]) -> Call {
        let mut request = Request::post(format!("http://test{path}"))
            .version(Version::HTTP_2)
            .header("content-type", "application/grpc")
            .header("te", "trailers");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        Call {
            stream: self.0.request(request.body(()).unwrap(), true),
            received: BytesMut::new(),
        }
    }

    /// Goes away, with all calls.
    pub(super) fn leave(self) {
        self.0.abort();
    }
}

/// One stream.
pub(super) struct Call {
    stream: Stream,
    received: BytesMut,
}

/// How a call ended, to its caller.
pub(super) struct Ended {
    /// The messages that were still to come.
    pub(super) messages: Vec<String>,
    /// `grpc-status` in the headers, and in the trailers.
    pub(super) status: (Option<String>, Option<String>),
}

impl Call {
    pub(super) fn send(mut self, message: &str) -> Self {
        let length = u32::try_from(message.len()).unwrap().to_be_bytes();
        let frame = [&[0][..], &length, message.as_bytes()].concat();
        self.stream.send(frame.into(), false);
        self
    }

    /// Has nothing more to say.
    pub(super) fn half_close(mut self) -> Self {
        self.stream.send(Bytes::new(), true);
        self
    }

    /// Waits for the next message.
    pub(super) fn message(&mut self) -> String {
        while self.buffered().is_none() {
            let data = self.stream.data();
            let data = data.expect("a further message").unwrap();
            self.received.extend_from_slice(&data);
        }
        self.take()
    }

    /// Reads what there is to the end.
    pub(super) fn end(mut self) -> Ended {
        while let Some(data) = self.stream.data() {
            self.received.extend_from_slice(&data.unwrap());
        }
        let mut messages = Vec::new();
        while self.buffered().is_some() {
            messages.push(self.take());
        }
        let status =
            |fields: &HeaderMap| Some(fields.get("grpc-status")?.to_str().unwrap().to_owned());
        let trailers = self.stream.trailers();
        Ended {
            messages,
            status: (
                status(&self.stream.head().headers),
                trailers.as_ref().and_then(status),
            ),
        }
    }

    /// Takes the call back.
    pub(super) fn reset(mut self) {
        self.stream.reset();
    }

    /// How many bytes the next message has, if all of them are here.
    fn buffered(&self) -> Option<usize> {
        let length = self.received.get(1..5)?;
        let length = u32::from_be_bytes(length.try_into().unwrap()) as usize;
        (self.received.len() >= 5 + length).then_some(length)
    }

    fn take(&mut self) -> String {
        let length = self.buffered().unwrap();
        self.received.advance(5);
        String::from_utf8(self.received.split_to(length).to_vec()).unwrap()
    }
}
