//! F4 once more: what a client may choose without making anything up.

use axum::{
    Router,
    body::Body,
    routing::{any, get},
};
use http::{Method, Request, Version};
use steeple::{MetricNames, Steeple, metrics::Value};
use tower::ServiceExt;

const METHODS: [&str; 10] = [
    "GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH", "CONNECT", "TRACE", "QUERY",
];
const VERSIONS: [Version; 3] = [Version::HTTP_10, Version::HTTP_11, Version::HTTP_2];
const ROUTES: usize = 100;

#[test]
fn known_methods_versions_and_schemes_on_every_route_hide_no_new_route() {
    let steeple = Steeple::builder("shop")
        .private()
        .without_ops()
        .observer(|observer| {
            observer.metric_names([MetricNames::SemanticConventions, MetricNames::Classic])
        })
        .build()
        .unwrap();
    let routes = (0..ROUTES)
        .map(|route| format!("/attacked/{route}"))
        .chain(["/late".to_owned()]);
    let router = routes
        .fold(Router::new(), |router, route| {
            router.route(&route, any(async || "hello"))
        })
        .route("/read-only", get(async || "hello"))
        .layer(steeple.axum())
        .with_state(());
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let send = |method: &str, version: Version, uri: String| {
        let mut request = Request::new(Body::empty());
        *request.method_mut() = Method::from_bytes(method.as_bytes()).unwrap();
        *request.version_mut() = version;
        *request.uri_mut() = uri.parse().unwrap();
        runtime.block_on(async {
            let response = router.clone().oneshot(request).await.unwrap();
            axum::body::to_bytes(response.into_body(), usize::MAX)
                .await
                .unwrap();
        });
    };
    let mut sent = 0;
    let attacked = (0..ROUTES)
        .map(|route| format!("/attacked/{route}"))
        .chain(["/read-only".to_owned()]);
    for route in attacked {
        // What every route serves comes last.
        for method in METHODS.into_iter().rev() {
            for version in VERSIONS {
                for scheme in ["http", "https"] {
                    send(method, version, format!("{scheme}://shop.example{route}"));
                    sent += 1;
                }
            }
        }
    }
    send("GET", Version::HTTP_11, "/late".to_owned());

    let snapshot = steeple.registry().snapshot();
    let durations = snapshot
        .family("http_server_request_duration_seconds")
        .unwrap();
    assert!(durations.series.len() < 2_000, "{}", durations.series.len());
    assert!(snapshot.family("steeple_metrics_overflow_total").is_none());
    let counted: u64 = durations
        .series
        .iter()
        .filter_map(|series| Some(series.value.as_histogram()?.count()))
        .sum();
    assert_eq!(counted, sent + 1);
    let late = durations
        .series
        .iter()
        .find(|series| series.labels.value("http_route").as_deref() == Some("/late"));
    assert_eq!(
        late.and_then(|series| series.value.as_histogram())
            .map(|late| late.count()),
        Some(1)
    );
    let late = [("method", "GET"), ("route", "/late")];
    let in_flight = snapshot.value("http_requests_in_flight", &late);
    assert_eq!(in_flight.and_then(Value::as_gauge), Some(0.0));
    let read = [
        ("http_request_method", "GET"),
        ("http_route", "/read-only"),
        ("http_response_status_code", "200"),
        ("network_protocol_version", "1.1"),
        ("url_scheme", "http"),
    ];
    let read = durations.value(&read).and_then(Value::as_histogram);
    assert_eq!(
        read.map(|read| read.count()),
        Some(2),
        "what is refused takes no name from what is served"
    );
    assert!(
        durations
            .series
            .iter()
            .all(|series| series.labels.value("url_scheme").as_deref() == Some("http"))
    );
}
