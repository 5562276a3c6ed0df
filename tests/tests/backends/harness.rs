//! The harness itself, on a target whose every answer is known.

use std::{
    io::{self, BufRead as _, BufReader, Write as _},
    net::{SocketAddr, TcpListener},
    thread,
    time::Duration,
};

use steeple_tests::backends::{
    BackendError, Prometheus, Sample, check_metrics, get, hey, parse_exposition,
};

const EXPOSITION: &str = r#"# HELP shop_orders_total Orders \\ taken.
# TYPE shop_orders_total counter
shop_orders_total{kind="a\"b"} 42
# HELP shop_wait_seconds Waiting.
# TYPE shop_wait_seconds histogram
shop_wait_seconds_bucket{le="0.5"} 1
shop_wait_seconds_bucket{le="+Inf"} 2
shop_wait_seconds_sum 1e+22
shop_wait_seconds_count 2
"#;

#[test]
#[ignore = "needs real servers: cargo xtask test"]
fn prometheus_scrapes_the_target_and_answers_queries() {
    let target = serve().unwrap();
    let prometheus = Prometheus::scraping(&[target]).unwrap();
    let expected = |samples: &[Sample]| !samples.is_empty();
    let orders = prometheus
        .wait_for("shop_orders_total", Duration::from_secs(30), expected)
        .unwrap();
    assert_eq!(orders.len(), 1);
    assert_eq!(orders[0].name, "shop_orders_total");
    assert_eq!(orders[0].labels["kind"], "a\"b");
    assert_eq!(orders[0].labels["instance"], target.to_string());
    assert_eq!(orders[0].value, 42.0);
    assert_eq!(prometheus.query("scalar(up)").unwrap()[0].value, 1.0);
    let refused = prometheus.query("sum(").unwrap_err();
    assert!(refused.to_string().contains("parse error"), "{refused}");
    let late = prometheus
        .wait_for("absent_metric", Duration::ZERO, expected)
        .unwrap_err();
    assert!(matches!(late, BackendError::TooLate { .. }), "{late}");
}

#[test]
#[ignore = "needs real servers: cargo xtask test"]
fn promtool_accepts_what_is_clean_and_tells_what_is_not() {
    check_metrics(EXPOSITION).unwrap();
    let linted = check_metrics("# TYPE shop_orders counter\nshop_orders 1\n").unwrap_err();
    assert!(linted.to_string().contains("shop_orders"), "{linted}");
    let broken = check_metrics("shop{a=\"x} 1\n").unwrap_err();
    assert!(matches!(broken, BackendError::Refused { .. }), "{broken}");
}

#[test]
#[ignore = "needs real servers: cargo xtask test"]
fn the_reference_parser_reads_every_value_back() {
    let families = parse_exposition(EXPOSITION).unwrap();
    assert_eq!(families.len(), 2);
    assert_eq!(
        (&*families[0].name, &*families[0].kind),
        ("shop_orders", "counter")
    );
    assert_eq!(families[0].help, "Orders \\ taken.");
    assert_eq!(families[0].samples[0].labels["kind"], "a\"b");
    let values: Vec<f64> = families[1]
        .samples
        .iter()
        .map(|sample| sample.value)
        .collect();
    assert_eq!(values, [1.0, 2.0, 1e22, 2.0]);
    let refused = parse_exposition("shop one\n").unwrap_err();
    assert!(matches!(refused, BackendError::Refused { .. }), "{refused}");
}

#[test]
#[ignore = "needs real servers: cargo xtask test"]
fn hey_sends_exactly_what_it_is_told() {
    let statuses = hey(&format!("http://{}/metrics", serve().unwrap()), 200, 4).unwrap();
    assert_eq!(statuses, [(200, 200)].into());
}

#[test]
fn an_answer_without_success_is_an_error_that_shows_it() {
    let error = get(&format!("http://{}/nowhere", serve().unwrap())).unwrap_err();
    assert!(error.to_string().contains("404"), "{error}");
}

/// Serves the exposition at `/metrics` to one connection after the other, until the process ends.
fn serve() -> io::Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    thread::spawn(move || {
        for stream in listener.incoming() {
            // A client that goes away is no concern of the others.
            let _ = stream.and_then(|mut stream| {
                let mut first_line = String::new();
                let mut head = BufReader::new(stream.try_clone()?);
                head.read_line(&mut first_line)?;
                for line in head.lines() {
                    if line?.is_empty() {
                        break;
                    }
                }
                let status = if first_line.starts_with("GET /metrics ") {
                    "200 OK"
                } else {
                    "404 Not Found"
                };
                write!(
                    stream,
                    "HTTP/1.1 {status}\r\ncontent-type: text/plain; version=0.0.4\r\n\
                     content-length: {}\r\nconnection: close\r\n\r\n{EXPOSITION}",
                    EXPOSITION.len()
                )
            });
        }
    });
    Ok(address)
}
