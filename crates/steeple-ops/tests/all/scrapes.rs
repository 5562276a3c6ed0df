//! In what form the metrics come.

use std::{
    io::{Read, Write},
    net::SocketAddr,
};

use flate2::read::GzDecoder;
use steeple_metrics::Registry;
use steeple_ops::Ops;

use crate::{
    client::{Answer, connect_with_small_buffer, exchange, scrape_with},
    eventually, registry_of, serving,
};

const OPEN_METRICS: &str =
    "application/openmetrics-text; version=1.0.0; charset=utf-8; escaping=underscores";
const PROTOBUF: &str = "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited; escaping=underscores";

/// With a counter of orders.
fn shop() -> Ops {
    let registry = Registry::new();
    metrics::with_local_recorder(&registry, || metrics::counter!("orders_total").increment(3));
    serving(&registry).bind().unwrap()
}

fn unpacked(gzip: &[u8]) -> String {
    let mut text = String::new();
    GzDecoder::new(gzip).read_to_string(&mut text).unwrap();
    text
}

#[test]
fn the_format_is_what_all_accept_headers_together_like_best() {
    let ops = shop();
    let scrape = |headers: &str| {
        let answer = scrape_with(ops.local_addr(), headers);
        assert_eq!(answer.header("vary"), Some("accept, accept-encoding"));
        let content_type = answer.header("content-type").unwrap().to_owned();
        (content_type, answer.body)
    };

    let (content_type, text) =
        scrape("accept: text/plain;q=0.5\r\naccept: application/openmetrics-text;q=0.6\r\n");
    assert_eq!(content_type, OPEN_METRICS);
    assert!(text.ends_with(b"\n# EOF\n"));

    let (content_type, messages) = scrape(
        "accept: application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited\r\n",
    );
    assert_eq!(content_type, PROTOBUF);
    assert!(messages.windows(12).any(|bytes| bytes == b"orders_total"));

    let (content_type, text) = scrape("accept: */*\r\n");
    assert_eq!(content_type, "text/plain; version=0.0.4; charset=utf-8");
    assert!(text.windows(16).any(|bytes| bytes == b"\norders_total 3\n"));
}

#[test]
fn answers_are_compressed_for_those_who_ask() {
    let ops = shop();
    let scrape = |headers: &str| scrape_with(ops.local_addr(), headers);
    let encoding = |answer: &Answer<Vec<u8>>| answer.header("content-encoding").map(str::to_owned);

    let gzip = scrape("accept-encoding: deflate, gzip;q=0.9\r\n");
    let open_metrics = scrape(&format!(
        "accept-encoding: gzip\r\naccept: {OPEN_METRICS}\r\n"
    ));
    let plain = scrape("accept-encoding: gzip;q=0\r\n");
    let refused = scrape("accept-encoding: identity;q=0\r\n");

    assert_eq!(encoding(&gzip).as_deref(), Some("gzip"));
    assert!(unpacked(&gzip.body).contains("\norders_total 3\n"));
    assert_eq!(encoding(&open_metrics).as_deref(), Some("gzip"));
    assert!(unpacked(&open_metrics.body).ends_with("\n# EOF\n"));
    assert_eq!((encoding(&plain), plain.status), (None, 200));
    assert_eq!((encoding(&refused), refused.status), (None, 406));
}

#[cfg(feature = "zstd")]
#[test]
fn zstd_is_for_those_who_ask_where_it_was_switched_on() {
    let headers = "accept-encoding: gzip, zstd\r\n";
    let scrape = |offer| {
        let ops = serving(&Registry::new()).zstd(offer).bind().unwrap();
        scrape_with(ops.local_addr(), headers)
    };

    let (off, on) = (scrape(false), scrape(true));

    assert_eq!(off.header("content-encoding"), Some("gzip"));
    assert_eq!(on.header("content-encoding"), Some("zstd"));
    let text = zstd::stream::decode_all(&*on.body).unwrap();
    assert!(text.starts_with(b"# HELP "));
}

#[test]
fn head_tells_the_form_of_get() {
    let ops = shop();
    let request = format!(
        "HEAD /metrics HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\
         accept: {OPEN_METRICS}\r\naccept-encoding: gzip\r\n\r\n"
    );

    let head = exchange(ops.local_addr(), &request);

    assert_eq!((head.status, head.body.as_str()), (200, ""));
    assert_eq!(head.header("content-type"), Some(OPEN_METRICS));
    assert_eq!(head.header("content-encoding"), Some("gzip"));
}

/// The value that the metrics tell of one of the listener's own.
fn told(address: SocketAddr, metric: &str) -> f64 {
    let text = String::from_utf8(scrape_with(address, "").body).unwrap();
    let value = text.lines().find_map(|line| line.strip_prefix(metric));
    value.unwrap().trim().parse().unwrap()
}

#[test]
fn slow_readers_of_one_form_share_a_render() {
    let ops = serving(&registry_of(900)).bind().unwrap();
    let address = ops.local_addr();
    // Tells how large an answer is: small enough to be kept.
    let _ = told(address, "steeple_ops_active_renders");

    let slow: Vec<_> = (0..8)
        .map(|_| {
            let mut stream = connect_with_small_buffer(address);
            stream.write_all(b"GET /metrics HTTP/1.0\r\n\r\n").unwrap();
            let mut status = [0; 12];
            stream.read_exact(&mut status).unwrap();
            assert_eq!(&status, b"HTTP/1.0 200");
            stream
        })
        .collect();

    let coalesced = told(address, "steeple_ops_coalesced_scrapes_total");
    assert!(coalesced >= 4.0, "{coalesced}");
    drop(slow);
    // The one that tells is under way.
    eventually(|| told(address, "steeple_ops_active_renders") == 1.0);
}
