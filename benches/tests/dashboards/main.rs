//! Dashboards and alerts that were made for another crate give the same answers over steeple under that crate's names.
//!
//! One real Prometheus scrapes the peer and another one steeple, both around the same application and under the same
//! requests; each is asked the very same queries, which are of the forms that people use with these crates.

mod actix_server;
mod axum_server;
mod comparison;
mod scraped;
mod traffic;

use steeple::{MetricNames, Steeple};

use crate::{
    comparison::Comparison,
    traffic::{Held, STATUSES},
};

fn steeple(names: MetricNames) -> Steeple {
    Steeple::builder("dashboards")
        .private()
        .ops(|ops| ops.address(([127, 0, 0, 1], 0).into()))
        .observer(|observer| observer.metric_names([names]))
        .build()
        .expect("a valid configuration")
}

#[test]
#[ignore = "needs real servers: cargo xtask test"]
fn those_of_axum_prometheus_go_on_over_steeple() {
    let (peer, ours) = (axum_server::peer(), axum_server::ours());
    let compared = Comparison::after_traffic(&peer, &ours, "axum_http_requests_total");
    compared.counters("axum_http_requests_total", STATUSES);
    compared.durations("axum_http_requests_duration_seconds");

    let held = Held::open([peer.address, ours.address], "/pending", 3);
    compared.same_once("sum(axum_http_requests_pending)", 3.0);
    for query in [
        "axum_http_requests_pending",
        r#"axum_http_requests_pending{endpoint="/pending"} > 2"#,
        "sum by (endpoint) (axum_http_requests_pending)",
    ] {
        compared.same(query);
    }
    drop(held);
    compared.same_once("sum(axum_http_requests_pending)", 0.0);
    compared.same("axum_http_requests_pending");
    // Nobody answered those who waited, and both count what is answered.
    compared.same("sum(axum_http_requests_total)");

    compared.differ_in_unmatched_paths("axum_http_requests_total");
}

#[test]
#[ignore = "needs real servers: cargo xtask test"]
fn those_of_actix_web_prom_go_on_over_steeple() {
    let (peer, ours) = (actix_server::peer(), actix_server::ours());
    let compared = Comparison::after_traffic(&peer, &ours, "api_http_requests_total");
    compared.counters("api_http_requests_total", STATUSES);
    compared.durations("api_http_requests_duration_seconds");
    compared.differ_in_unmatched_paths("api_http_requests_total");
}
