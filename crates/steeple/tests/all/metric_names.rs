//! The names that the request metrics go by.

use steeple::{
    Label, MetricNames, Steeple,
    core::{Observation, ResponseHead},
    current,
    metrics::Matcher,
};

use crate::service;

fn shop(names: impl IntoIterator<Item = MetricNames> + 'static) -> Steeple {
    let shop = Steeple::builder("shop").private().without_ops();
    shop.observer(|observer| observer.metric_names(names))
        .build()
        .unwrap()
}

fn begin(steeple: &Steeple, method: &str, route: Option<&str>) -> Observation {
    service::begin(steeple.observer(), method, route)
}

fn respond(observation: &mut Observation, status: u16) {
    observation.respond(&ResponseHead {
        status,
        headers: &(),
        body_size: None,
    });
}

fn serve(steeple: &Steeple, method: &str, route: Option<&str>, status: u16) {
    let mut observation = begin(steeple, method, route);
    respond(&mut observation, status);
    observation.finish();
}

/// The lines of requests: all but those of steeple itself, and but the values of durations.
fn requests(steeple: &Steeple) -> Vec<String> {
    let text = steeple.registry().render();
    let mut lines: Vec<_> = text
        .lines()
        .filter(|line| !line.starts_with("# HELP"))
        .filter(|line| line.contains("http_"))
        .filter(|line| !line.contains("_bucket{") && !line.contains("_sum{"))
        .map(str::to_owned)
        .collect();
    lines.sort();
    lines
}

fn buckets(steeple: &Steeple, metric: &str) -> Vec<String> {
    let text = steeple.registry().render();
    let bound = |line: &str| {
        let (_, rest) = line.split_once("le=\"")?;
        Some(rest.split_once('"')?.0.to_owned())
    };
    text.lines()
        .filter(|line| line.starts_with(&format!("{metric}_bucket")))
        .filter_map(bound)
        .collect()
}

const CLIENT_LIBRARIES: [&str; 12] = [
    "0.005", "0.01", "0.025", "0.05", "0.1", "0.25", "0.5", "1", "2.5", "5", "10", "+Inf",
];

#[test]
fn classic_names_count_every_request() {
    let steeple = shop([MetricNames::Classic]);
    serve(&steeple, "GET", Some("/orders/{id}"), 200);
    serve(&steeple, "BREW", None, 404);
    drop(begin(&steeple, "GET", Some("/orders/{id}")));
    let _running = begin(&steeple, "GET", Some("/orders/{id}"));
    assert_eq!(
        requests(&steeple),
        [
            "# TYPE http_request_duration_seconds histogram",
            "# TYPE http_requests_in_flight gauge",
            "# TYPE http_requests_total counter",
            r#"http_request_duration_seconds_count{method="GET",route="/orders/{id}",status="200"} 1"#,
            r#"http_request_duration_seconds_count{method="GET",route="/orders/{id}"} 1"#,
            r#"http_request_duration_seconds_count{method="_OTHER",route="_UNMATCHED",status="404"} 1"#,
            r#"http_requests_in_flight{method="GET",route="/orders/{id}"} 1"#,
            r#"http_requests_in_flight{method="_OTHER",route="_UNMATCHED"} 0"#,
            r#"http_requests_total{method="GET",route="/orders/{id}",status="200"} 1"#,
            r#"http_requests_total{method="GET",route="/orders/{id}"} 1"#,
            r#"http_requests_total{method="_OTHER",route="_UNMATCHED",status="404"} 1"#,
        ]
    );
    assert_eq!(
        buckets(&steeple, "http_request_duration_seconds")[..12],
        CLIENT_LIBRARIES
    );
}

#[test]
fn those_of_axum_prometheus_count_what_was_answered() {
    let steeple = shop([MetricNames::AxumPrometheus]);
    serve(&steeple, "GET", Some("/orders/{id}"), 200);
    serve(&steeple, "BREW", None, 404);
    drop(begin(&steeple, "GET", Some("/orders/{id}")));
    let mut running = begin(&steeple, "POST", Some("/orders"));
    respond(&mut running, 201);
    assert_eq!(
        requests(&steeple),
        [
            "# TYPE axum_http_requests_duration_seconds histogram",
            "# TYPE axum_http_requests_pending gauge",
            "# TYPE axum_http_requests_total counter",
            r#"axum_http_requests_duration_seconds_count{endpoint="/orders/{id}",method="GET",status="200"} 1"#,
            r#"axum_http_requests_duration_seconds_count{endpoint="_UNMATCHED",status="404"} 1"#,
            r#"axum_http_requests_pending{endpoint="/orders",method="POST"} 1"#,
            r#"axum_http_requests_pending{endpoint="/orders/{id}",method="GET"} 0"#,
            r#"axum_http_requests_pending{endpoint="_UNMATCHED"} 0"#,
            r#"axum_http_requests_total{endpoint="/orders/{id}",method="GET",status="200"} 1"#,
            r#"axum_http_requests_total{endpoint="_UNMATCHED",status="404"} 1"#,
        ]
    );
    assert_eq!(
        buckets(&steeple, "axum_http_requests_duration_seconds")[..12],
        CLIENT_LIBRARIES
    );
}

#[test]
fn those_of_actix_web_prom_bear_the_namespace() {
    for (namespace, prefix) in [("api", "api_"), ("", "")] {
        let namespace = namespace.to_owned();
        let steeple = shop([MetricNames::ActixWebProm { namespace }]);
        serve(&steeple, "GET", Some("/orders/{id}"), 200);
        serve(&steeple, "GET", None, 404);
        drop(begin(&steeple, "GET", Some("/orders/{id}")));
        let histogram = format!("{prefix}http_requests_duration_seconds");
        let matched = r#"endpoint="/orders/{id}",method="GET",status="200""#;
        let unmatched = r#"endpoint="_UNMATCHED",method="GET",status="404""#;
        assert_eq!(
            requests(&steeple),
            [
                format!("# TYPE {histogram} histogram"),
                format!("# TYPE {prefix}http_requests_total counter"),
                format!("{histogram}_count{{{matched}}} 1"),
                format!("{histogram}_count{{{unmatched}}} 1"),
                format!("{prefix}http_requests_total{{{matched}}} 1"),
                format!("{prefix}http_requests_total{{{unmatched}}} 1"),
            ]
        );
        assert_eq!(buckets(&steeple, &histogram)[..12], CLIENT_LIBRARIES);
    }
}

#[test]
fn several_names_tell_the_same() {
    let steeple = shop([
        MetricNames::SemanticConventions,
        MetricNames::Classic,
        MetricNames::AxumPrometheus,
    ]);
    for _ in 0..3 {
        serve(&steeple, "GET", Some("/orders/{id}"), 200);
    }
    let snapshot = steeple.registry().snapshot();
    for counter in [
        "http_server_requests_total",
        "http_requests_total",
        "axum_http_requests_total",
    ] {
        let series = &snapshot.family(counter).unwrap().series;
        assert_eq!((series.len(), series[0].value.as_counter()), (1, Some(3)));
    }
    let sum = |histogram: &str| {
        let series = &snapshot.family(histogram).unwrap().series;
        series[0].value.as_histogram().unwrap().sum()
    };
    assert_eq!(
        sum("http_request_duration_seconds"),
        sum("http_server_request_duration_seconds")
    );
    assert_eq!(
        sum("axum_http_requests_duration_seconds"),
        sum("http_server_response_head_duration_seconds")
    );
}

#[test]
fn labels_of_the_application_s_own_come_on_top() {
    let names = MetricNames::AxumPrometheus;
    let steeple = Steeple::builder("shop")
        .private()
        .without_ops()
        .observer(|observer| observer.metric_names([names]).label(Label::new("tenant")))
        .build()
        .unwrap();
    let mut observation = begin(&steeple, "GET", Some("/"));
    observation
        .run(|| current::label("tenant", "acme"))
        .unwrap();
    respond(&mut observation, 200);
    observation.finish();
    let expected =
        r#"axum_http_requests_total{endpoint="/",method="GET",status="200",tenant="acme"} 1"#;
    assert!(
        requests(&steeple).iter().any(|line| line == expected),
        "{:?}",
        requests(&steeple)
    );
}

#[test]
fn buckets_of_the_application_s_own_have_precedence() {
    let steeple = Steeple::builder("shop")
        .private()
        .without_ops()
        .registry(|registry| registry.buckets(Matcher::suffix("_seconds"), &[0.3]))
        .observer(|observer| observer.metric_names([MetricNames::Classic]))
        .build()
        .unwrap();
    serve(&steeple, "GET", Some("/"), 200);
    assert_eq!(
        buckets(&steeple, "http_request_duration_seconds"),
        ["0.3", "+Inf"]
    );
}

#[test]
fn a_gauge_comes_back_to_zero_where_the_request_began() {
    let steeple = shop([MetricNames::Classic]);
    let mut observation = begin(&steeple, "GET", None);
    observation.run(|| current::route("/orders/{id}")).unwrap();
    respond(&mut observation, 200);
    observation.finish();
    let lines = requests(&steeple);
    for expected in [
        r#"http_requests_in_flight{method="GET",route="_UNMATCHED"} 0"#,
        r#"http_requests_total{method="GET",route="/orders/{id}",status="200"} 1"#,
    ] {
        assert!(lines.iter().any(|line| line == expected), "{lines:?}");
    }
    let gauges = lines
        .iter()
        .filter(|line| line.starts_with("http_requests_in_flight"));
    assert_eq!(gauges.count(), 1, "{lines:?}");
}

#[test]
fn what_a_client_makes_up_adds_no_series_under_any_names() {
    let steeple = Steeple::builder("shop")
        .private()
        .without_ops()
        .observer(|observer| {
            let methods = (0..100).map(|number| format!("M{number}"));
            observer
                .metric_names([MetricNames::Classic])
                .known_methods(methods)
        })
        .build()
        .unwrap();
    // All begin before any ends, and each must leave the gauge that it entered.
    let running: Vec<_> = (0..1_000)
        .map(|number| begin(&steeple, &format!("M{}", number % 200), Some("/")))
        .collect();
    for mut observation in running {
        respond(&mut observation, 200);
        observation.finish();
    }
    let snapshot = steeple.registry().snapshot();
    let gauges = &snapshot.family("http_requests_in_flight").unwrap().series;
    assert!(gauges.len() <= 9, "{}", gauges.len());
    for gauge in gauges {
        assert_eq!(gauge.value.as_gauge(), Some(0.0), "{:?}", gauge.labels);
    }
    let counters = &snapshot.family("http_requests_total").unwrap().series;
    assert!(counters.len() <= 9, "{}", counters.len());
    let all: u64 = counters
        .iter()
        .filter_map(|series| series.value.as_counter())
        .sum();
    assert_eq!(all, 1_000);
}
