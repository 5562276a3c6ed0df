//! Scrapers that take their time, many at once.

use std::{
    io::{ErrorKind, Read, Write},
    net::{SocketAddr, TcpStream},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use metrics::{Key, Label, Level, Metadata, Recorder};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use steeple_tests::{
    backends::free_address,
    process::{isolated, resident_bytes, sized},
    waiting::{eventually, within},
};

/// Far longer than steeple waits: 5 s for the headers, 10 s for a reader.
fn patience() -> Duration {
    Duration::from_secs(sized(12, 60))
}

#[test]
fn metrics_exporter_prometheus_listens_on_every_address_by_default() {
    let builder = format!("{:?}", PrometheusBuilder::new());
    assert!(builder.contains("0.0.0.0:9000"), "{builder}");
}

#[test]
fn metrics_exporter_prometheus_renders_for_every_scraper_and_keeps_it_until_it_is_read() {
    isolated(
        "slow_scrapers::\
         metrics_exporter_prometheus_renders_for_every_scraper_and_keeps_it_until_it_is_read",
        || {
            let (address, handle) = exporter();
            let complete = handle.render().len() as u64;
            let before = resident_bytes().expect("Linux");
            let grown = || resident_bytes().expect("Linux").saturating_sub(before);
            let scrapers = sized(16, 64);
            let begun = Instant::now();

            let asked = (0..scrapers).map(|_| send(address, b"GET /metrics HTTP/1.0\r\n\r\n"));
            let scrapers: Vec<_> = asked.collect();

            // What sockets hold is not there, but what a socket has not taken yet.
            let kept = scrapers.len() as u64 * complete;
            eventually("each has its own", || grown() >= kept);
            let took = begun.elapsed();
            let freed = within(patience(), || (grown() < kept).then_some(()));
            assert_eq!(freed, None, "freed before it was read");
            eprintln!(
                "{} scrapers: {} MiB for {} MiB, there after {took:?}, kept {:?}",
                scrapers.len(),
                grown() >> 20,
                complete >> 20,
                patience()
            );
            for mut scraper in scrapers {
                let mut answer = Vec::new();
                scraper.read_to_end(&mut answer).expect("the whole answer");
                assert!(answer.starts_with(b"HTTP/1.0 200 OK\r\n"));
                assert!(answer.len() as u64 > complete);
            }
        },
    );
}

#[test]
fn metrics_exporter_prometheus_waits_for_slow_headers_without_end() {
    isolated(
        "slow_scrapers::metrics_exporter_prometheus_waits_for_slow_headers_without_end",
        || {
            let (address, _handle) = exporter();
            let begun = (0..100).map(|_| send(address, b"GET /health HTTP/1.1\r\n"));
            let scrapers: Vec<_> = begun.collect();
            for scraper in &scrapers {
                scraper.set_nonblocking(true).expect("a plain socket");
            }

            let is_closed = |mut scraper: &TcpStream| match scraper.read(&mut [0]) {
                Err(error) => error.kind() != ErrorKind::WouldBlock,
                Ok(_) => true,
            };
            let closed = within(patience(), || {
                scrapers.iter().any(is_closed).then_some("a connection")
            });

            assert_eq!(closed, None);
            for mut scraper in scrapers {
                scraper.set_nonblocking(false).expect("a plain socket");
                scraper.write_all(b"\r\n").expect("it still listens");
                let mut status = [0; 15];
                scraper.read_exact(&mut status).expect("an answer");
                assert_eq!(&status, b"HTTP/1.1 200 OK");
            }
        },
    );
}

/// An exporter with 8 MiB to tell, serving until the process ends.
fn exporter() -> (SocketAddr, PrometheusHandle) {
    let address = free_address().expect("a free port");
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        runtime.block_on(async {
            let (recorder, exporter) = PrometheusBuilder::new()
                .with_http_listener(address)
                .build()
                .expect("the port is free");
            fill(&recorder);
            sender.send(recorder.handle()).expect("it is awaited");
            exporter.await.expect("the exporter serves until the end");
        });
    });
    (address, receiver.recv().expect("the exporter starts"))
}

fn fill(recorder: &impl Recorder) {
    let metadata = Metadata::new("peer_faults", Level::INFO, None);
    let padding = "x".repeat(2_048);
    for number in 0..4_096 {
        let label = Label::new("of", format!("{number}-{padding}"));
        let key = Key::from_parts("padding_total", vec![label]);
        recorder.register_counter(&key, &metadata).increment(1);
    }
}

/// A connection on which `request` has been sent; nothing is read.
fn send(address: SocketAddr, request: &[u8]) -> TcpStream {
    let mut stream = TcpStream::connect(address).expect("it listens");
    stream.write_all(request).expect("it reads");
    stream
}
