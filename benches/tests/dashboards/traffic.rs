//! The requests that peer and steeple are sent alike.

use std::{
    io::{self, Read, Write},
    net::{SocketAddr, TcpStream},
    thread,
    time::Duration,
};

/// What the slow handlers take: far enough from the bounds of a bucket that a busy machine stays within it.
pub(crate) const SLOW: Duration = Duration::from_millis(2_600);
pub(crate) const SLOWER: Duration = Duration::from_millis(5_200);

/// One round: method, path, the status that both frameworks answer with, and how often.
const ROUND: [(&str, &str, u16, u32); 11] = [
    ("GET", "/fast", 200, 6),
    ("HEAD", "/orders", 405, 1),
    ("GET", "/slow", 200, 5),
    ("GET", "/slower", 200, 3),
    ("GET", "/streamed", 200, 2),
    ("GET", "/orders/7", 200, 2),
    ("GET", "/orders/8", 200, 2),
    ("GET", "/orders/0", 404, 2),
    ("POST", "/orders", 201, 3),
    ("GET", "/broken", 500, 2),
    ("GET", "/api/users/ada", 200, 2),
];

/// How many requests of each status a round has.
pub(crate) const STATUSES: &[(u16, f64)] =
    &[(200, 22.0), (201, 3.0), (404, 2.0), (405, 1.0), (500, 2.0)];

/// How many requests a round has.
pub(crate) const IN_A_ROUND: f64 = 30.0;

/// Sends so many rounds to each address, all at once, and waits for all answers.
pub(crate) fn send_rounds(addresses: [SocketAddr; 2], rounds: u32) {
    thread::scope(|scope| {
        for address in addresses {
            for (method, path, expected, count) in ROUND {
                for _ in 0..count * rounds {
                    scope.spawn(move || {
                        let status = send(address, method, path).expect("an answer");
                        assert_eq!(status, expected, "{method} {path}");
                    });
                }
            }
        }
    });
}

/// The status that a request is answered with.
pub(crate) fn send(address: SocketAddr, method: &str, path: &str) -> io::Result<u16> {
    let mut answer = String::new();
    begin(address, method, path)?.read_to_string(&mut answer)?;
    let status = answer
        .split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok());
    status.ok_or_else(|| io::Error::other(format!("no status in {answer:?}")))
}

fn begin(address: SocketAddr, method: &str, path: &str) -> io::Result<TcpStream> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    let head = format!("{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(head.as_bytes())?;
    Ok(stream)
}

/// Requests that wait for their answer until this is dropped.
pub(crate) struct Held {
    _streams: Vec<TcpStream>,
}

impl Held {
    /// Sends `count` of them to each address.
    pub(crate) fn open(addresses: [SocketAddr; 2], path: &str, count: u32) -> Self {
        let streams = addresses
            .into_iter()
            .flat_map(|address| (0..count).map(move |_| begin(address, "GET", path)))
            .collect::<io::Result<_>>();
        Self {
            _streams: streams.expect("both listen"),
        }
    }
}
