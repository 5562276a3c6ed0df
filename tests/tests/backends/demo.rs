//! The main job, as the README has it: `cargo run -p demo` under load, scraped by a real Prometheus.

use std::{net::SocketAddr, time::Duration};

use steeple_tests::backends::{
    Prometheus, Sample, Server, check_metrics, free_address, get, hey, parse_exposition,
};

/// Long enough for a cold build of the demo on a small machine.
const START: Duration = Duration::from_secs(600);
/// Prometheus may take 20 s to its first scrape.
const SCRAPED: Duration = Duration::from_secs(60);
const REQUESTS: u32 = 50_000;

struct Demo {
    shop: SocketAddr,
    branch: SocketAddr,
    ops: SocketAddr,
    _server: Server,
}

impl Demo {
    fn start() -> Self {
        let [shop, branch, ops] = [(); 3].map(|()| free_address().unwrap());
        let server = Server::start(
            env!("CARGO"),
            START,
            |command, _| {
                let [shop, branch, ops] =
                    [shop, branch, ops].map(|address| address.port().to_string());
                command
                    .args(["run", "--quiet", "--package", "demo", "--"])
                    .args(["--without-load", "--port", &shop, "--branch-port", &branch])
                    .env("OTEL_EXPORTER_PROMETHEUS_PORT", ops)
                    .current_dir(env!("CARGO_MANIFEST_DIR"));
                Ok(())
            },
            || get(&format!("http://{ops}/livez")).is_ok(),
        )
        .unwrap();
        Self {
            shop,
            branch,
            ops,
            _server: server,
        }
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
    // A panic and a page that is not there, so that every metric has something to show.
    assert!(get(&format!("http://{}/shop/legacy", demo.shop)).is_err());
    assert!(get(&format!("http://{}/no/such/page", demo.shop)).is_err());

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
    let named = r#"target_info{service_name="demo-shop"}"#;
    prometheus.wait_for(named, SCRAPED, is(1.0)).unwrap();

    let exposition = demo.metrics();
    let queries = documented_queries();
    assert!(!queries.is_empty());
    for query in queries {
        prometheus.query(query).unwrap();
        let names = selected_metrics(query);
        assert!(!names.is_empty(), "{query}");
        for name in names {
            assert!(exposes(&exposition, name), "{name} of {query}");
        }
    }

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

/// The indented lines of the page on metrics.
fn documented_queries() -> Vec<&'static str> {
    let page = include_str!("../../../docs/metrics.md");
    page.lines()
        .filter_map(|line| line.strip_prefix("    "))
        .collect()
}

/// What a query selects: the names before `[` and `{`.
fn selected_metrics(query: &str) -> Vec<&str> {
    let is_of_name =
        |character: char| character.is_ascii_alphanumeric() || "_:".contains(character);
    query
        .match_indices(['[', '{'])
        .filter_map(|(end, _)| {
            query[..end]
                .rsplit(|character| !is_of_name(character))
                .next()
        })
        .filter(|name| !name.is_empty())
        .collect()
}

fn exposes(exposition: &str, name: &str) -> bool {
    let series = |line: &str| {
        line.strip_prefix(name)
            .is_some_and(|rest| rest.starts_with(['{', ' ']))
    };
    exposition.lines().any(series)
}

#[test]
fn every_documented_query_selects_a_metric_by_its_name() {
    let selected: Vec<_> = documented_queries()
        .into_iter()
        .flat_map(selected_metrics)
        .collect();
    assert!(
        selected.contains(&"http_server_request_duration_seconds_bucket"),
        "{selected:?}"
    );
    assert!(
        selected.iter().all(|name| name.starts_with("http_server_")),
        "{selected:?}"
    );
}
