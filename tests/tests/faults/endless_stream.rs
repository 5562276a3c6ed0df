//! F14: a stream of events that never ends.

use std::{
    io::{Read, Write},
    net::TcpStream,
    time::Duration,
};

use steeple_tests::process::{isolated, resident_bytes, sized};

use crate::server::Server;

#[test]
fn an_endless_stream_of_events_takes_no_memory() {
    isolated(
        "endless_stream::an_endless_stream_of_events_takes_no_memory",
        || {
            /// The bytes that one event takes on the wire, with its chunk's frame.
            const EVENT: u64 = 17;
            let server = Server::start();
            let mut stream = TcpStream::connect(server.address).unwrap();
            stream
                .write_all(b"GET /endless HTTP/1.1\r\nHost: faults\r\n\r\n")
                .unwrap();
            stream
                .set_read_timeout(Some(Duration::from_secs(30)))
                .unwrap();
            let mut buffer = [0; 64 * 1024];
            let mut read = |events: u64| {
                let mut left = events * EVENT;
                while left > 0 {
                    let length = stream.read(&mut buffer).unwrap();
                    assert_ne!(length, 0, "the stream ended");
                    left = left.saturating_sub(length as u64);
                }
            };
            read(sized(100_000, 10_000));
            let before = resident_bytes().unwrap();

            read(sized(100_000, 1_000_000));

            let grown = resident_bytes().unwrap().saturating_sub(before);
            eprintln!("grown by {grown} bytes");
            assert!(grown <= sized(128, 1_024) << 10, "grown by {grown} bytes");
            assert_eq!(server.in_flight(), 1.0);
        },
    );
}
