//! The main job, as the README has it: `cargo run -p demo` under load, scraped by a real Prometheus.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

use http::Request;
use steeple_tests::backends::{
    Prometheus, Sample, Server, check_metrics, free_address, get, hey, parse_exposition,
};

/// Long enough for a cold build of the demo on a small machine.
const START: Duration = Duration::from_secs(600);
/// Prometheus may take 20 s to its first scrape.
const SCRAPED: Duration = Duration::from_secs(60);
const REQUESTS: u32 = 50_000;

pub(crate) struct Demo {
    pub(crate) shop: SocketAddr,
    pub(crate) branch: SocketAddr,
    pub(crate) warehouse: SocketAddr,
    ops: SocketAddr,
    server: Server,
}

impl Demo {
    fn start() -> Self {
        Self::start_with(&[])
    }

    /// In this environment.
    pub(crate) fn start_with(environment: &[(&str, &str)]) -> Self {
        Self::start_as(&[], environment)
    }

    /// The same, told more on its command line.
    pub(crate) fn start_as(arguments: &[&str], environment: &[(&str, &str)]) -> Self {
        let [shop, branch, warehouse, ops] = [(); 4].map(|()| free_address().unwrap());
        let server = Server::start(
            env!("CARGO"),
            START,
            |command, _| {
                let [shop, branch, warehouse, ops] =
                    [shop, branch, warehouse, ops].map(|address| address.port().to_string());
                command
                    .args(["run", "--quiet", "--package", "demo", "--"])
                    .args(["--without-load", "--port", &shop, "--branch-port", &branch])
                    .args(["--warehouse-port", &warehouse])
                    .args(arguments)
                    .env("OTEL_EXPORTER_PROMETHEUS_PORT", ops)
                    .envs(environment.iter().copied())
                    .current_dir(env!("CARGO_MANIFEST_DIR"));
                Ok(())
            },
            || {
                let listens = |address| TcpStream::connect(address).is_ok();
                get(&format!("http://{ops}/livez")).is_ok()
                    && [shop, branch, warehouse].into_iter().all(listens)
            },
        )
        .unwrap();
        Self {
            shop,
            branch,
            warehouse,
            ops,
            server,
        }
    }

    /// Ends it, with all that it has to say.
    pub(crate) fn end(self, deadline: Duration) {
        let (status, printed) = self.server.terminate(deadline).unwrap();
        assert!(status.success(), "{printed}");
    }

    fn metrics(&self) -> String {
        get(&format!("http://{}/metrics", self.ops)).unwrap()
    }
}

fn is(value: f64) -> impl Fn(&[Sample]) -> bool {
    move |samples| samples.len() == 1 && samples[0].value == value
}

#[test]
#[ignore = "needs real servers: cargo xtask test"]
fn prometheus_counts_every_request_of_the_demo_under_load() {
    let demo = Demo::start();
    let prometheus = Prometheus::scraping(&[demo.ops]).unwrap();
    prometheus.wait_for("up", SCRAPED, is(1.0)).unwrap();

    // axum and actix-web share the work, and the series.
    for address in [demo.shop, demo.branch] {
        let items = format!("http://{address}/shop/items");
        let answers = hey(&items, REQUESTS / 2, 50).unwrap();
        assert_eq!(
            answers.into_iter().collect::<Vec<_>>(),
            [(200, u64::from(REQUESTS / 2))]
        );
    }
    // What goes wrong or lasts, so that every query has something to show.
    assert!(get(&format!("http://{}/shop/legacy", demo.shop)).is_err());
    assert!(get(&format!("http://{}/no/such/page", demo.shop)).is_err());
    assert_eq!(call("/shop.Warehouse/Count", demo.warehouse), "13");
    let upload = ["host: shop", "content-length: 99"];
    drop(begin("POST /shop/cart", &upload, demo.shop));
    let chat = [
        "host: shop",
        "connection: upgrade",
        "upgrade: websocket",
        "sec-websocket-version: 13",
        "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==",
    ];
    for address in [demo.shop, demo.branch] {
        let answer = answer_to(begin("GET /shop/events", &["host: shop"], address));
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        let answer = answer_to(begin("GET /shop/chat", &chat, address));
        assert!(answer.starts_with("HTTP/1.1 101"), "{answer}");
    }

    let all = f64::from(REQUESTS);
    let labels =
        r#"http_route="/shop/items",http_request_method="GET",http_response_status_code="200""#;
    for query in [
        format!(r#"http_server_requests_total{{{labels},outcome="success"}}"#),
        format!("http_server_request_duration_seconds_count{{{labels}}}"),
        format!(r#"http_server_request_duration_seconds_bucket{{{labels},le="+Inf"}}"#),
        format!("http_server_response_head_duration_seconds_count{{{labels}}}"),
        format!("http_server_request_body_size_bytes_count{{{labels}}}"),
        format!("http_server_response_body_size_bytes_count{{{labels}}}"),
    ] {
        prometheus.wait_for(&query, SCRAPED, is(all)).unwrap();
    }
    let failed = r#"http_server_errors_total{http_route="/shop/legacy",error_type="panic"}"#;
    prometheus.wait_for(failed, SCRAPED, is(1.0)).unwrap();
    let lost = r#"http_server_requests_total{http_route="_UNMATCHED",outcome="client_error"}"#;
    prometheus.wait_for(lost, SCRAPED, is(1.0)).unwrap();
    prometheus
        .wait_for("sum(http_server_active_requests)", SCRAPED, is(0.0))
        .unwrap();
    let refused = r#"rpc_server_call_duration_seconds_count{rpc_method="shop.Warehouse/Count",error_type="INTERNAL"}"#;
    prometheus.wait_for(refused, SCRAPED, is(1.0)).unwrap();
    let named = r#"target_info{service_name="demo-shop"}"#;
    prometheus.wait_for(named, SCRAPED, is(1.0)).unwrap();

    let queries = documented_queries();
    assert!(!queries.is_empty());
    for query in queries {
        let answered = |samples: &[Sample]| !samples.is_empty();
        prometheus.wait_for(query, SCRAPED, answered).unwrap();
    }

    let exposition = demo.metrics();
    check_metrics(&exposition).unwrap();
    let samples: usize = parse_exposition(&exposition)
        .unwrap()
        .iter()
        .map(|family| family.samples.len())
        .sum();
    let lines = exposition
        .lines()
        .filter(|line| !line.starts_with('#'))
        .count();
    assert_eq!(samples, lines, "the reference parser reads every line");
}

#[test]
#[ignore = "needs real servers: cargo xtask test"]
fn the_doctor_finds_nothing_in_the_demo() {
    let demo = Demo::start();
    assert!(get(&format!("http://{}/shop/items", demo.shop)).is_ok());
    let told = get(&format!("http://{}/api/doctor", demo.ops)).unwrap();
    assert_eq!(told, r#"{"diagnoses":[]}"#);
}

/// Calls a gRPC method without the message that it wants, and returns how that ended.
pub(crate) fn call(method: &str, address: SocketAddr) -> String {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let request = Request::post(format!("http://{address}{method}"))
        .header("content-type", "application/grpc")
        .body(())
        .unwrap();
    runtime.block_on(async {
        let stream = tokio::net::TcpStream::connect(address).await.unwrap();
        let (mut requests, connection) = h2::client::handshake(stream).await.unwrap();
        tokio::spawn(connection);
        let (answer, _) = requests.send_request(request, true).unwrap();
        let status = answer.await.unwrap().headers()["grpc-status"].clone();
        status.to_str().unwrap().to_owned()
    })
}

/// Sends the head of a request; dropping the connection takes the request back.
fn begin(request: &str, headers: &[&str], address: SocketAddr) -> TcpStream {
    let mut stream = TcpStream::connect(address).unwrap();
    let head = format!("{request} HTTP/1.1\r\n{}\r\n\r\n", headers.join("\r\n"));
    stream.write_all(head.as_bytes()).unwrap();
    stream
}

/// The first that comes of an answer.
fn answer_to(mut request: TcpStream) -> String {
    let mut answer = [0; 1024];
    let count = request.read(&mut answer).unwrap();
    String::from_utf8_lossy(&answer[..count]).into_owned()
}

/// The indented lines of the page on metrics.
fn documented_queries() -> Vec<&'static str> {
    let page = include_str!("../../../docs/metrics.md");
    page.lines()
        .filter_map(|line| line.strip_prefix("    "))
        .collect()
}
