//! A client that does exactly what it is told, over a raw socket.

use std::{
    io::{Read, Write},
    net::{Shutdown, SocketAddr, TcpStream},
    time::Duration,
};

use tokio_tungstenite::tungstenite::{self, WebSocket};

/// A response as it came over the wire.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    /// The body as it came, chunks and all, with what is no text replaced.
    pub(crate) body: String,
    bytes: Vec<u8>,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (field, value) = line.split_once(':')?;
            field.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }

    /// What the body holds.
    pub(crate) fn content(&self) -> Vec<u8> {
        if self.header("transfer-encoding") != Some("chunked") {
            return self.bytes.clone();
        }
        let (mut content, mut rest) = (Vec::new(), &self.bytes[..]);
        while let Some(at) = rest.windows(2).position(|pair| pair == b"\r\n") {
            let size = str::from_utf8(&rest[..at]).unwrap();
            let size = usize::from_str_radix(size, 16).unwrap();
            let start = at + 2;
            content.extend_from_slice(&rest[start..start + size]);
            rest = &rest[start + size + 2..];
        }
        content
    }
}

pub(crate) struct Client(TcpStream);

impl Client {
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
        let bytes = read.split_off(end + 4);
        let head = String::from_utf8(read).unwrap();
        Answer {
            status: head.split(' ').nth(1).unwrap().parse().unwrap(),
            head,
            body: String::from_utf8_lossy(&bytes).into_owned(),
            bytes,
        }
    }

    /// Asks for a tunnel.
    pub(crate) fn connect_to(&mut self, authority: &str) {
        let request = format!("CONNECT {authority} HTTP/1.1\r\nhost: {authority}\r\n\r\n");
        self.0.write_all(request.as_bytes()).unwrap();
    }

    /// Asks for a WebSocket.
    pub(crate) fn websocket(self, path: &str) -> WebSocket<TcpStream> {
        tungstenite::client(format!("ws://test{path}"), self.0)
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
    pub(crate) fn says_no_more(&self) {
        self.0.shutdown(Shutdown::Write).unwrap();
    }

    /// Goes away.
    pub(crate) fn leave(self) {
        self.0.shutdown(Shutdown::Both).unwrap();
    }
}
