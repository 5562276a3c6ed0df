//! Names of any characters, as Prometheus 3 scrapes and queries them.

use std::time::Duration;

use metrics::Unit;
use steeple::{
    metrics::{Kind, Registry},
    ops::Ops,
};
use steeple_tests::backends::{Prometheus, Sample};

use crate::proxy::Proxy;

/// Prometheus may take 20 s to its first scrape.
const SCRAPED: Duration = Duration::from_secs(60);
const TEXT: &str = "text/plain;version=1.0.0;escaping=allow-utf-8";
const PROTOBUF: &str = "application/vnd.google.protobuf;\
                        proto=io.prometheus.client.MetricFamily;encoding=delimited;escaping=allow-utf-8";
const UNDERSCORES: &str = "application/openmetrics-text;version=1.0.0;escaping=underscores";

fn registry() -> Registry {
    let registry = Registry::builder().utf8_names(true).build().unwrap();
    let route = [("http.route", "/greet/{name}")];
    let duration = "http.server.request.duration";
    registry
        .describe(Kind::Histogram, duration, Some(Unit::Seconds), "Duration.")
        .unwrap();
    let duration = registry.histogram(duration, &route).unwrap();
    [0.02, 0.2, 2.0]
        .into_iter()
        .for_each(|value| duration.record(value));
    registry
        .counter("http.server.requests", &route)
        .unwrap()
        .increment(3);
    registry
        .gauge("größe \"in\" µm", &[("of \"what\"", "ä\\b")])
        .unwrap()
        .set(1.5);
    registry
}

#[test]
#[ignore = "needs real servers: cargo xtask test"]
fn names_with_dots_and_quotes_are_scraped_and_queried_as_they_were_recorded() {
    let registry = registry();
    let ops = Ops::builder(registry).address(([127, 0, 0, 1], 0).into());
    let ops = ops.bind().unwrap();
    let by_itself = Proxy::to(ops.local_addr());
    let [text, protobuf, underscores] =
        [TEXT, PROTOBUF, UNDERSCORES].map(|accept| Proxy::asking_for(accept, ops.local_addr()));
    let proxies = [&by_itself, &text, &protobuf, &underscores];

    let prometheus = Prometheus::version_3(&proxies.map(|proxy| proxy.address)).unwrap();

    let expect = |proxy: &Proxy, selector: &str, expected: f64| {
        let instance = proxy.address;
        let expression = selector.replace('}', &format!(r#",instance="{instance}"}}"#));
        let is_right = |samples: &[Sample]| samples.len() == 1 && samples[0].value == expected;
        prometheus.wait_for(&expression, SCRAPED, is_right).unwrap();
    };
    for proxy in [&by_itself, &text, &protobuf] {
        expect(
            proxy,
            r#"{"http.server.requests_total","http.route"=~"/greet/.*"}"#,
            3.0,
        );
        expect(
            proxy,
            r#"{"http.server.request.duration_seconds_count","http.route"!=""}"#,
            3.0,
        );
        expect(
            proxy,
            r#"{"http.server.request.duration_seconds_bucket",le="0.25"}"#,
            2.0,
        );
        expect(proxy, r#"{"größe \"in\" µm","of \"what\""="ä\\b"}"#, 1.5);
    }
    expect(
        &underscores,
        r#"{"http_server_requests_total",http_route!=""}"#,
        3.0,
    );
    assert_eq!(by_itself.seen(), ["application/openmetrics-text, gzip"]);
    assert_eq!(protobuf.seen(), ["application/vnd.google.protobuf, gzip"]);
}
