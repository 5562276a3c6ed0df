//! HTTP/1.1, over a raw socket.

use std::{
    io::{Read, Write},
    net::{Shutdown, SocketAddr, TcpStream},
    time::Duration,
};

use socket2::SockRef;
use tokio_tungstenite::tungstenite::{self, WebSocket};

use super::{Answer, Upgraded};

pub(crate) struct Http1(TcpStream);

impl Http1 {
    pub(crate) fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(10)))
            .unwrap();
        Self(stream)
    }

    /// Sends a request that asks for the connection to be closed after it.
    pub(crate) fn send(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: impl AsRef<[u8]>,
    ) {
        let mut request = format!("{method} {path} HTTP/1.1\r\nhost: test\r\n");
        if !headers.iter().any(|(name, _)| *name == "connection") {
            request.push_str("connection: close\r\n");
        }
        for (name, value) in headers {
            request.push_str(&format!("{name}: {value}\r\n"));
        }
        let request = [request.as_bytes(), b"\r\n", body.as_ref()].concat();
        self.0.write_all(&request).unwrap();
    }

    pub(super) fn send_in_chunks(&mut self, method: &str, path: &str, parts: &[&[u8]]) {
        let mut body = Vec::new();
        for part in parts.iter().chain(&[&b""[..]]) {
            body.extend(format!("{:x}\r\n", part.len()).bytes());
            body.extend_from_slice(part);
            body.extend(b"\r\n");
        }
        self.send(method, path, &[("transfer-encoding", "chunked")], body);
    }

    /// Reads until `text` came.
    pub(crate) fn read_until(&mut self, text: &str) -> String {
        let mut read = Vec::new();
        let mut buffer = [0; 4096];
        loop {
            let count = self.0.read(&mut buffer).unwrap();
            assert!(count > 0, "the connection ended before {text:?}");
            read.extend_from_slice(&buffer[..count]);
            let so_far = String::from_utf8_lossy(&read);
            if so_far.contains(text) {
                return so_far.into_owned();
            }
        }
    }

    /// Reads the one answer that comes until the server closes.
    pub(crate) fn answer(self) -> Answer {
        let mut read = self.rest();
        let end = read.windows(4).position(|bytes| bytes == b"\r\n\r\n");
        let Some(end) = end else {
            panic!("no head in {:?}", String::from_utf8_lossy(&read))
        };
        let body = read.split_off(end + 4);
        let head = String::from_utf8(read).unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        let is_whole = body.ends_with(b"0\r\n\r\n") || !head.contains("chunked");
        Answer::new(status, head, body, is_whole)
    }

    /// Asks for a tunnel.
    pub(crate) fn connect_to(&mut self, authority: &str) {
        let request = format!("CONNECT {authority} HTTP/1.1\r\nhost: {authority}\r\n\r\n");
        self.0.write_all(request.as_bytes()).unwrap();
    }

    /// Asks for a WebSocket.
    pub(super) fn websocket(self, path: &str) -> WebSocket<Upgraded> {
        tungstenite::client(format!("ws://test{path}"), Upgraded::Connection(self.0))
            .unwrap()
            .0
    }

    /// What the connection goes on as.
    pub(crate) fn into_stream(self) -> TcpStream {
        self.0
    }

    /// Reads what comes until the server closes, if only a part of an answer or none.
    pub(crate) fn rest(mut self) -> Vec<u8> {
        let mut read = Vec::new();
        // A server that breaks off may reset the connection; what came before counts.
        let _ = self.0.read_to_end(&mut read);
        read
    }

    /// Closes its own half of the connection.
    pub(super) fn says_no_more(&self) {
        self.0.shutdown(Shutdown::Write).unwrap();
    }

    /// Goes away.
    pub(super) fn leave(self) {
        self.0.shutdown(Shutdown::Both).unwrap();
    }

    /// Resets the connection.
    pub(super) fn abort(self) {
        reset(&self.0);
    }
}

/// Makes the drop of `stream` a reset.
pub(super) fn reset(stream: &TcpStream) {
    SockRef::from(stream)
        .set_linger(Some(Duration::ZERO))
        .unwrap();
}
