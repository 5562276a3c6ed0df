//! A registry of a million lines, scraped over a socket.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
    time::{Duration, Instant},
};

use flate2::read::GzDecoder;
use steeple::{
    metrics::{Escaping, Format, Registry},
    ops::Ops,
};
use steeple_tests::process::{isolated, resident_bytes};

const MEBIBYTE: u64 = 1 << 20;
const SERIES: usize = 60_000;

#[test]
fn a_million_lines_are_scraped_in_little_memory() {
    isolated(
        "million_lines::a_million_lines_are_scraped_in_little_memory",
        || scraped_in_little_memory(1, Format::Text, "text/plain"),
    );
}

#[test]
fn a_million_lines_of_open_metrics_are_scraped_in_little_memory() {
    isolated(
        "million_lines::a_million_lines_of_open_metrics_are_scraped_in_little_memory",
        || {
            let format = Format::OpenMetrics(Escaping::Underscores);
            scraped_in_little_memory(1, format, "application/openmetrics-text");
        },
    );
}

#[test]
fn what_makes_a_million_lines_is_scraped_as_protobuf_in_little_memory() {
    isolated(
        "million_lines::what_makes_a_million_lines_is_scraped_as_protobuf_in_little_memory",
        || {
            // The message of a metric says its length first, so that the largest one has to fit into memory.
            let format = Format::Protobuf(Escaping::Underscores);
            let accept = "application/vnd.google.protobuf;\
                          proto=io.prometheus.client.MetricFamily;encoding=delimited";
            scraped_in_little_memory(60, format, accept);
        },
    );
}

fn scraped_in_little_memory(metrics: usize, format: Format, accept: &str) {
    let registry = registry(metrics);
    let ops = Ops::builder(registry.clone()).address(([127, 0, 0, 1], 0).into());
    let ops = ops.bind().expect("a free port");
    let before = resident_bytes().expect("Linux");

    // Twice, for the second time it is known how large an answer is.
    let scrapes = ["identity", "gzip", "identity", "gzip"].map(|encoding| {
        let begun = Instant::now();
        let scrape = Scrape::of(ops.local_addr(), format, accept, encoding);
        let grown = scrape.resident.saturating_sub(before);
        eprintln!(
            "{format:?}, {encoding}: {} bytes in {:?}: grown by {grown} bytes",
            scrape.bytes,
            begun.elapsed()
        );
        assert!(grown <= 8 * MEBIBYTE, "{encoding}: grown by {grown} bytes");
        scrape.bytes
    });

    // The listener counts the requests, the next time also the first.
    let bytes: usize = registry.exposition(format).map(|chunk| chunk.len()).sum();
    for scraped in scrapes {
        assert!(
            (bytes - 2_000..=bytes).contains(&scraped),
            "{scraped} of {bytes}"
        );
    }
    let lines = registry.render().lines().count();
    assert!(lines > 1_000_000, "{lines}");
}

/// Histograms of a million lines, as so many metrics.
fn registry(metrics: usize) -> Registry {
    let builder = Registry::builder()
        .series_limit(SERIES / metrics)
        .total_series_limit(2 * SERIES);
    let registry = builder.build().expect("valid limits");
    for series in 0..SERIES {
        let name = format!("http_{}_duration_seconds", series % metrics);
        let route = format!("/shop/{series}/items");
        let histogram = registry.histogram(&name, &[("route", &route)]);
        histogram
            .expect("there is room")
            .record(series as f64 / 10_000.0);
    }
    registry
}

/// What came of one scrape.
#[derive(Default)]
struct Scrape {
    bytes: usize,
    /// The most memory that the process had while it was read.
    resident: u64,
}

impl Scrape {
    fn of(ops: SocketAddr, format: Format, accept: &str, encoding: &str) -> Self {
        let stream = TcpStream::connect(ops).expect("the listener listens");
        stream
            .set_read_timeout(Some(Duration::from_secs(30)))
            .expect("a plain socket");
        write!(
            &stream,
            "GET /metrics HTTP/1.0\r\naccept: {accept}\r\naccept-encoding: {encoding}\r\n\r\n"
        )
        .expect("the listener reads");
        let mut answer = BufReader::new(stream);
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            assert!(answer.read_line(&mut head).expect("a head") > 0, "{head}");
        }
        let content_type = format!("\r\ncontent-type: {}\r\n", format.content_type());
        assert!(head.contains(&content_type), "{head}");
        let is_gzip = head.contains("\r\ncontent-encoding: gzip\r\n");
        assert_eq!(is_gzip, encoding == "gzip", "{head}");
        if is_gzip {
            Self::read(GzDecoder::new(answer))
        } else {
            Self::read(answer)
        }
    }

    fn read(mut exposition: impl Read) -> Self {
        let mut scrape = Self::default();
        let mut buffer = vec![0; 256 * 1_024];
        loop {
            let read = exposition.read(&mut buffer).expect("a whole answer");
            if read == 0 {
                return scrape;
            }
            scrape.bytes += read;
            scrape.resident = scrape.resident.max(resident_bytes().expect("Linux"));
        }
    }
}
