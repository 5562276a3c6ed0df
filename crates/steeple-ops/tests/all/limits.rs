use std::{
    io::{Read, Write},
    net::SocketAddr,
    thread,
    time::{Duration, Instant},
};

use steeple_metrics::{Registry, Value};

use crate::{
    client::{
        begin_scrape, connect, connect_with_small_buffer, exchange, get, get_with, keep_alive,
        read_all,
    },
    eventually, large_registry, ops, serving,
};

const SHORT: Duration = Duration::from_millis(200);
/// For limits that an honest client must keep to, however busy the machine is.
const AMPLE: Duration = Duration::from_secs(5);

/// What was counted of the listener. Another scrape could be too slow itself.
fn counted(registry: &Registry, name: &str) -> Option<u64> {
    let snapshot = registry.snapshot();
    snapshot.value(name, &[]).and_then(Value::as_counter)
}

fn slow_readers(registry: &Registry) -> Option<u64> {
    counted(registry, "steeple_ops_slow_readers_total")
}

fn slow_headers(registry: &Registry) -> Option<u64> {
    counted(registry, "steeple_ops_slow_headers_total")
}

#[test]
fn headers_beyond_8_kib_are_refused() {
    let ops = ops().bind().unwrap();
    let with_padding = |bytes: usize| {
        let headers = format!("host: localhost\r\npadding: {}\r\n", "x".repeat(bytes));
        get_with(ops.local_addr(), "/livez", &headers).status
    };

    assert_eq!(with_padding(8 * 1024 - 200), 200);
    assert_eq!(with_padding(8 * 1024), 431);
}

#[test]
fn headers_that_drip_are_cut_off_when_their_time_is_over() {
    let registry = Registry::new();
    let ops = serving(&registry).header_timeout(SHORT).bind().unwrap();
    let mut stream = connect(ops.local_addr());
    let mut writer = stream.try_clone().unwrap();
    let begun = Instant::now();

    let dripping = thread::spawn(move || {
        let request = b"GET /livez HTTP/1.1\r\nhost: localhost\r\npadding: ";
        let drip = request.iter().chain(std::iter::repeat(&b'x'));
        for byte in drip {
            if writer.write_all(&[*byte]).is_err() {
                return;
            }
            thread::sleep(Duration::from_millis(10));
        }
    });
    let answer = read_all(&mut stream);
    let elapsed = begun.elapsed();
    drop(stream);
    dripping.join().unwrap();

    assert!(!answer.contains("200 OK"), "{answer}");
    assert!(elapsed >= SHORT, "{elapsed:?}");
    assert!(elapsed < Duration::from_secs(5), "{elapsed:?}");
    eventually(|| slow_headers(&registry) == Some(1));
}

#[test]
fn idle_connections_are_closed() {
    let registry = Registry::new();
    let ops = serving(&registry).header_timeout(AMPLE).bind().unwrap();
    let mut stream = keep_alive(ops.local_addr());
    let begun = Instant::now();

    let rest = read_all(&mut stream);

    assert_eq!(rest, "");
    assert!(begun.elapsed() < 4 * AMPLE);
    assert_eq!(slow_headers(&registry), Some(0), "it was only idle");
}

fn post(address: SocketAddr, length: usize, sent: usize) -> u16 {
    let request = format!(
        "POST /livez HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\
         content-length: {length}\r\n\r\n{}",
        "x".repeat(sent)
    );
    exchange(address, &request).status
}

#[test]
fn large_bodies_are_refused() {
    let ops = ops().bind().unwrap();

    assert_eq!(post(ops.local_addr(), 1_024, 1_024), 405);
    assert_eq!(post(ops.local_addr(), 1_025, 1_025), 413);
}

#[test]
fn bodies_that_break_off_are_bad_requests() {
    let ops = ops().bind().unwrap();
    let request = "POST /livez HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\
                   transfer-encoding: chunked\r\n\r\nno length\r\n";

    assert_eq!(exchange(ops.local_addr(), request).status, 400);
}

#[test]
fn bodies_that_do_not_come_are_refused() {
    let ops = ops().header_timeout(SHORT).bind().unwrap();

    assert_eq!(post(ops.local_addr(), 10, 9), 408);
}

#[test]
fn a_reader_that_stops_is_cut_off_and_counted() {
    let registry = large_registry();
    let ops = serving(&registry).write_timeout(SHORT).bind().unwrap();
    let (mut stalled, head) = begin_scrape(ops.local_addr());

    eventually(|| slow_readers(&registry) == Some(1));

    assert!(head.starts_with("HTTP/1.0 200"), "{head}");
    assert!(
        read_all(&mut stalled).len() < 3 << 20,
        "the whole answer had been sent"
    );
}

#[test]
fn headers_have_5_seconds_and_readers_10_by_default() {
    let registry = large_registry();
    let ops = serving(&registry).bind().unwrap();
    let begun = Instant::now();
    let mut silent = connect(ops.local_addr());
    silent.write_all(b"GET /livez HTTP/1.1\r\n").unwrap();
    let (_stalled, _head) = begin_scrape(ops.local_addr());

    let answer = read_all(&mut silent);
    let headers = begun.elapsed();
    eventually(|| slow_readers(&registry) == Some(1));
    let reader = begun.elapsed();

    assert!(!answer.contains("200 OK"), "{answer}");
    assert!((5..10).contains(&headers.as_secs()), "{headers:?}");
    assert!((10..15).contains(&reader.as_secs()), "{reader:?}");
}

#[test]
fn a_reader_that_takes_a_little_now_and_then_is_cut_off_and_counted() {
    let limit = Duration::from_millis(500);
    let registry = large_registry();
    let ops = serving(&registry).write_timeout(limit).bind().unwrap();
    let mut dripping = connect_with_small_buffer(ops.local_addr());
    dripping
        .write_all(b"GET /metrics HTTP/1.0\r\n\r\n")
        .unwrap();

    let mut drip = vec![0; 40 * 1024];
    eventually(|| {
        // Fails once it is cut off, which the listener has counted.
        let _ = dripping.read_exact(&mut drip);
        thread::sleep(limit * 4 / 5);
        slow_readers(&registry) == Some(1)
    });
}

#[test]
fn a_reader_that_is_slow_but_steady_gets_everything() {
    let registry = large_registry();
    let ops = serving(&registry).write_timeout(AMPLE).bind().unwrap();
    let (mut stream, _head) = begin_scrape(ops.local_addr());

    let mut total = 0;
    let mut buffer = vec![0; 64 * 1024];
    loop {
        match stream.read(&mut buffer).unwrap() {
            0 => break,
            count => total += count,
        }
        thread::sleep(Duration::from_millis(5));
    }

    assert!(total > 4 << 20, "{total}");
    assert_eq!(slow_readers(&registry), Some(0));
}

#[test]
fn the_33rd_connection_is_turned_away_until_another_closes() {
    let ops = ops().bind().unwrap();
    let address = ops.local_addr();
    let mut open: Vec<_> = (0..32).map(|_| keep_alive(address)).collect();

    let refusal = read_all(&mut connect(address));

    assert!(
        refusal.starts_with("HTTP/1.1 503 Service Unavailable\r\n"),
        "{refusal}"
    );
    for header in [
        "content-security-policy: default-src 'none'",
        "x-content-type-options: nosniff",
        "connection: close",
        "retry-after: 1",
    ] {
        assert!(
            refusal.contains(&format!("\r\n{header}")),
            "{header} in {refusal}"
        );
    }
    drop(open.pop());
    // A slot is free once the listener has seen the close; each try before that is turned away.
    let mut turned_away = 1;
    eventually(|| {
        let answer = try_scrape(address);
        turned_away += usize::from(!answer.starts_with("HTTP/1.0 200"));
        answer.contains(&format!(
            "\nsteeple_ops_connections_rejected_total {turned_away}\n"
        ))
    });
}

/// What the listener says to a scrape; nothing where the refusal was lost in the close.
fn try_scrape(address: SocketAddr) -> String {
    let mut stream = connect(address);
    let _ = stream.write_all(b"GET /metrics HTTP/1.0\r\n\r\n");
    read_all(&mut stream)
}

#[test]
fn the_fifth_render_at_a_time_is_told_to_come_back() {
    let ops = serving(&large_registry()).bind().unwrap();
    let address = ops.local_addr();
    let mut under_way: Vec<_> = (0..4).map(|_| begin_scrape(address)).collect();

    let fifth = get(address, "/metrics");
    let probe = get(address, "/livez");

    assert!(
        under_way
            .iter()
            .all(|(_, head)| head.starts_with("HTTP/1.0 200"))
    );
    assert_eq!(fifth.status, 503);
    assert_eq!(fifth.header("retry-after"), Some("1"));
    assert_eq!(probe.status, 200);
    // One client goes away: its render is given back.
    under_way.pop();
    eventually(|| get(address, "/metrics").status == 200);
}
