//! A registry of a million lines, scraped over a socket.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
    time::{Duration, Instant},
};

use flate2::read::GzDecoder;
use steeple::{metrics::Registry, ops::Ops};
use steeple_tests::process::{isolated, resident_bytes};

const MEBIBYTE: u64 = 1 << 20;
const SERIES: usize = 60_000;

#[test]
fn a_million_lines_are_scraped_in_little_memory() {
    isolated(
        "million_lines::a_million_lines_are_scraped_in_little_memory",
        || {
            let registry = registry();
            let ops = Ops::builder(registry).address(([127, 0, 0, 1], 0).into());
            let ops = ops.bind().unwrap();
            let scrape = |accepted| Scrape::of(ops.local_addr(), accepted);
            let before = resident_bytes().unwrap();

            // Twice, for the second time it is known how large an answer is.
            let scrapes = ["identity", "gzip", "identity", "gzip"].map(|accepted| {
                let begun = Instant::now();
                let scrape = scrape(accepted);
                let grown = scrape.resident.saturating_sub(before);
                eprintln!(
                    "{accepted}: {} lines, {} bytes in {:?}: grown by {grown} bytes",
                    scrape.lines,
                    scrape.bytes,
                    begun.elapsed()
                );
                assert!(grown <= 8 * MEBIBYTE, "{accepted}: grown by {grown} bytes");
                (scrape.lines, scrape.bytes)
            });

            let (lines, bytes) = scrapes[0];
            assert!(lines > 1_000_000, "{lines}");
            for (again, as_many) in scrapes {
                // The listener counts the requests, the next time also the first.
                assert!((lines..lines + 20).contains(&again), "{again}");
                assert!((bytes..bytes + 2_000).contains(&as_many), "{as_many}");
            }
        },
    );
}

/// Histograms of a million lines.
fn registry() -> Registry {
    let builder = Registry::builder()
        .series_limit(SERIES)
        .total_series_limit(2 * SERIES);
    let registry = builder.build().expect("valid limits");
    for series in 0..SERIES {
        let route = format!("/shop/{series}/items");
        let histogram = registry.histogram("http_request_duration_seconds", &[("route", &route)]);
        histogram
            .expect("there is room")
            .record(series as f64 / 10_000.0);
    }
    registry
}

/// What came of one scrape.
#[derive(Default)]
struct Scrape {
    lines: usize,
    bytes: usize,
    /// The most memory that the process had while it was read.
    resident: u64,
}

impl Scrape {
    fn of(ops: SocketAddr, accepted: &str) -> Self {
        let stream = TcpStream::connect(ops).expect("the listener listens");
        stream
            .set_read_timeout(Some(Duration::from_secs(30)))
            .expect("a plain socket");
        write!(
            &stream,
            "GET /metrics HTTP/1.0\r\naccept-encoding: {accepted}\r\n\r\n"
        )
        .expect("the listener reads");
        let mut answer = BufReader::new(stream);
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            assert!(answer.read_line(&mut head).expect("a head") > 0, "{head}");
        }
        let is_gzip = head.contains("\r\ncontent-encoding: gzip\r\n");
        assert_eq!(is_gzip, accepted == "gzip", "{head}");
        if is_gzip {
            Self::read(GzDecoder::new(answer))
        } else {
            Self::read(answer)
        }
    }

    fn read(mut text: impl Read) -> Self {
        let mut scrape = Self::default();
        let mut buffer = vec![0; 256 * 1_024];
        loop {
            let read = match text.read(&mut buffer).expect("a whole answer") {
                0 => return scrape,
                read => &buffer[..read],
            };
            scrape.bytes += read.len();
            scrape.lines += read.iter().filter(|byte| **byte == b'\n').count();
            scrape.resident = scrape.resident.max(resident_bytes().expect("Linux"));
        }
    }
}
