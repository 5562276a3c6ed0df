//! An HTTP client of raw bytes, so that requests can be as wrong as a test needs them.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

pub(crate) struct Answer<B = String> {
    pub(crate) status: u16,
    pub(crate) body: B,
    head: String,
}

impl<B> Answer<B> {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().skip(1).find_map(|line| {
            let (known, value) = line.split_once(": ")?;
            known.eq_ignore_ascii_case(name).then_some(value)
        })
    }

    /// With what `read` makes of the body.
    fn parse(answer: &[u8], read: impl FnOnce(&[u8]) -> B) -> Self {
        let end = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n");
        let (head, body) = answer.split_at(end.expect("there is a head") + 4);
        let head = text(head);
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Self {
            status,
            body: read(body),
            head,
        }
    }
}

fn text(bytes: &[u8]) -> String {
    str::from_utf8(bytes).unwrap().to_owned()
}

/// Opens a connection whose reads fail after 10 s rather than hang.
pub(crate) fn connect(address: SocketAddr) -> TcpStream {
    within_10_seconds(TcpStream::connect(address).unwrap())
}

fn within_10_seconds(stream: TcpStream) -> TcpStream {
    stream
        .set_read_timeout(Some(Duration::from_secs(10)))
        .unwrap();
    stream
}

/// As [`connect`], with little room for what was not read yet.
pub(crate) fn connect_with_small_buffer(address: SocketAddr) -> TcpStream {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build()
        .unwrap();
    let stream = runtime.block_on(async {
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(4 * 1024).unwrap();
        socket.connect(address).await.unwrap().into_std().unwrap()
    });
    stream.set_nonblocking(false).unwrap();
    within_10_seconds(stream)
}

/// Sends a request and reads until the listener closes the connection.
pub(crate) fn exchange(address: SocketAddr, request: &str) -> Answer {
    Answer::parse(&exchange_bytes(address, request), text)
}

fn exchange_bytes(address: SocketAddr, request: &str) -> Vec<u8> {
    let mut stream = connect(address);
    stream.write_all(request.as_bytes()).unwrap();
    read_bytes(&mut stream)
}

/// As HTTP/1.0, whose answers are never chunked.
pub(crate) fn get(address: SocketAddr, path: &str) -> Answer {
    exchange(address, &format!("GET {path} HTTP/1.0\r\n\r\n"))
}

/// The metrics as HTTP/1.0, in whatever form the headers ask for.
pub(crate) fn scrape_with(address: SocketAddr, headers: &str) -> Answer<Vec<u8>> {
    let request = format!("GET /metrics HTTP/1.0\r\n{headers}\r\n");
    Answer::parse(&exchange_bytes(address, &request), <[u8]>::to_vec)
}

pub(crate) fn get_with(address: SocketAddr, path: &str, headers: &str) -> Answer {
    exchange(
        address,
        &format!("GET {path} HTTP/1.1\r\nconnection: close\r\n{headers}\r\n"),
    )
}

/// Opens a connection, has one request answered and leaves it open.
pub(crate) fn keep_alive(address: SocketAddr) -> TcpStream {
    let mut stream = connect(address);
    stream
        .write_all(b"GET /livez HTTP/1.1\r\nhost: localhost\r\n\r\n")
        .unwrap();
    let head = read_head(&mut stream);
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    stream.read_exact(&mut [0; 3]).unwrap();
    stream
}

/// Asks for the metrics and reads no further than the head.
pub(crate) fn begin_scrape(address: SocketAddr) -> (TcpStream, String) {
    let mut stream = connect(address);
    stream.write_all(b"GET /metrics HTTP/1.0\r\n\r\n").unwrap();
    let head = read_head(&mut stream);
    (stream, head)
}

/// Reads whatever comes until the end, be it in order or cut off.
pub(crate) fn read_all(stream: &mut TcpStream) -> String {
    text(&read_bytes(stream))
}

fn read_bytes(stream: &mut TcpStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    if let Err(error) = stream.read_to_end(&mut bytes) {
        assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
    }
    bytes
}

fn read_head(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte).unwrap();
        head.push(byte[0]);
    }
    String::from_utf8(head).unwrap()
}
