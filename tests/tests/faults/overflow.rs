//! F4: an application that labels by what its clients send overflows alone, and is told so.

use steeple::{
    Steeple,
    core::{HttpVersion, RequestHead},
};
use steeple_tests::{process::isolated, warnings::Warnings};

use crate::server::Server;

#[test]
fn an_overflow_is_named_in_a_metric_and_in_one_log_line() {
    isolated(
        "overflow::an_overflow_is_named_in_a_metric_and_in_one_log_line",
        || {
            let warnings = Warnings::collect();
            let server = Server::start();
            let orders = 3_000;

            (0..orders).for_each(|order| server.visit(&format!("/order/{order}")));

            assert_eq!(server.series("shop_orders_total"), 2_000 + 1);
            assert_eq!(server.total("shop_orders_total"), orders);
            assert!(
                server.exposition().contains(
                    "steeple_metrics_overflow_total{metric=\"shop_orders_total\"} 1000\n"
                )
            );
            let named = warnings.with("reached its limit of series");
            assert_eq!(named.len(), 1, "{named:?}");
            assert!(
                named[0].contains(r#"metric="shop_orders_total""#),
                "{named:?}"
            );
            assert_eq!(
                server.requests_of("GET", "/order/{order}", "200", "success"),
                orders
            );
        },
    );
}

#[test]
fn errors_of_more_types_than_are_told_apart_are_counted_under_one() {
    const TYPES: usize = 600;
    let steeple = Steeple::builder("shop")
        .private()
        .without_ops()
        .build()
        .unwrap();
    for number in 0..TYPES {
        let error_type: &'static str = format!("error_{number}").leak();
        let request = RequestHead {
            method: "GET",
            scheme: None,
            version: HttpVersion::Http11,
            route: Some("/".into()),
            headers: &(),
            body_size: None,
            details: &Default::default,
        };
        steeple.observer().start(&request).fail(error_type);
    }
    let snapshot = steeple.registry().snapshot();
    let durations = snapshot
        .family("http_server_request_duration_seconds")
        .unwrap();
    assert_eq!(durations.series.len(), 500 + 1);
    let other = durations
        .series
        .iter()
        .find(|series| series.labels.value("error_type").as_deref() == Some("_OTHER"))
        .and_then(|series| series.value.as_histogram());
    assert_eq!(other.map(|other| other.count()), Some(TYPES as u64 - 500));
}
