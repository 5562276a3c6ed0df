//! F4: an application that labels by what its clients send overflows alone, and is told so.

use std::{
    fmt,
    sync::{Arc, Mutex},
};

use steeple::{
    Steeple,
    core::{HttpVersion, RequestHead},
};
use steeple_tests::process::isolated;
use tracing::{
    Event, Level, Metadata, Subscriber,
    field::{Field, Visit},
    span,
};

use crate::server::Server;

#[test]
fn an_overflow_is_named_in_a_metric_and_in_one_log_line() {
    isolated(
        "overflow::an_overflow_is_named_in_a_metric_and_in_one_log_line",
        || {
            let log = WarningsOfMetrics::default();
            tracing::subscriber::set_global_default(log.clone()).unwrap();
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
            assert_eq!(*log.metrics.lock().unwrap(), ["shop_orders_total"]);
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

/// The field `metric` of each warning that has one.
#[derive(Clone, Default)]
struct WarningsOfMetrics {
    metrics: Arc<Mutex<Vec<String>>>,
}

impl Subscriber for WarningsOfMetrics {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.is_event() && *metadata.level() == Level::WARN
    }

    fn event(&self, event: &Event<'_>) {
        event.record(&mut &*self);
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

impl Visit for &WarningsOfMetrics {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "metric" {
            self.metrics
                .lock()
                .expect("no panic in between")
                .push(value.to_owned());
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn fmt::Debug) {}
}
