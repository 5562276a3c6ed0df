//! What the documentation says is so.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod lint;
mod shown;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use http::{Request, Response, StatusCode, Version};
use http_body_util::{BodyExt, Empty, Full};
use steeple::{
    MetricNames, Steeple,
    core::{HttpVersion, OutgoingHead, RequestHead, Scheme},
    current,
};
use steeple_tests::backends::get;
use tower::{Layer, ServiceExt, service_fn};

const METRICS: &str = include_str!("../../../docs/metrics.md");
const ERRORS: &str = include_str!("../../../docs/errors.md");
const MIDDLEWARE: &str = include_str!("../../../docs/middleware.md");
const AROUND: &str = include_str!("../conformance/around/mod.rs");
const MIGRATION: &str = include_str!("../../../docs/migration.md");

/// An instance whose metrics all have a series but those of overflow, which need a small `series_limit`.
fn observed(series_limit: usize) -> Steeple {
    observed_by(MetricNames::SemanticConventions, series_limit)
}

/// As [`observed`], with requests by these names.
fn observed_by(names: MetricNames, series_limit: usize) -> Steeple {
    let steeple = Steeple::builder("shop")
        .private()
        .ops(|ops| ops.address(([127, 0, 0, 1], 0).into()))
        .registry(move |registry| registry.series_limit(series_limit))
        .observer(|observer| observer.metric_names([names]))
        .build()
        .unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let connection = steeple.observer().connection();
    for status in [
        StatusCode::OK,
        StatusCode::INTERNAL_SERVER_ERROR,
        StatusCode::SWITCHING_PROTOCOLS,
    ] {
        let service = service_fn(move |_: Request<Empty<&'static [u8]>>| async move {
            current::route("/");
            let mut response = Response::new(Full::new(&b"hello"[..]));
            *response.status_mut() = status;
            Ok::<_, std::convert::Infallible>(response)
        });
        let request = Request::new(Empty::new());
        let answer = async {
            let response = steeple.tower().layer(service).oneshot(request).await;
            response.unwrap().into_body().collect().await.unwrap();
        };
        connection.run(|| runtime.block_on(answer));
    }
    runtime.block_on(async {
        let service = service_fn(async |_: Request<Empty<&'static [u8]>>| {
            let response = Response::builder().header("grpc-status", "14");
            Ok::<_, std::convert::Infallible>(response.body(Full::new(&b""[..])).unwrap())
        });
        let request = Request::post("/shop.Orders/Place")
            .version(Version::HTTP_2)
            .header("content-type", "application/grpc")
            .body(Empty::new());
        let service = steeple.tower().layer(service);
        service.oneshot(request.unwrap()).await.unwrap();
    });
    let head = RequestHead {
        method: "POST",
        scheme: None,
        version: HttpVersion::Http11,
        route: Some("/".into()),
        headers: &(),
        body_size: None,
        details: &Default::default,
    };
    let mut upload = steeple.observer().start(&head);
    let broken = Some(Err::<&[u8], _>("the client is gone"));
    let counter = upload.request_counter().unwrap();
    let _ = counter.take_in(broken, |piece| piece.len());
    drop(upload);
    let mut call = steeple.observer().call(&OutgoingHead {
        method: "POST",
        scheme: Scheme::Http,
        host: "prices",
        port: None,
        path: "/shop.Prices/Of",
        query: None,
        headers: &[("content-type", "application/grpc")],
        resend_count: 0,
    });
    call.respond(200, HttpVersion::Http2, &[("grpc-status", "14")]);
    drop(call);
    steeple
        .observe("job", "nightly")
        .run(|| current::attach(&fmt::Error));
    get(&format!("http://{}/metrics", steeple.ops_addr().unwrap())).unwrap();
    steeple
}

fn exposed() -> BTreeSet<String> {
    exposed_by(&observed(1))
}

fn exposed_by(steeple: &Steeple) -> BTreeSet<String> {
    let exposition = steeple.registry().render();
    let types = exposition
        .lines()
        .filter_map(|line| line.strip_prefix("# TYPE "));
    types
        .map(|line| line.split(' ').take(2).collect::<Vec<_>>().join(" "))
        .collect()
}

/// Name and type of every row of the tables of metrics in `text`.
fn documented(text: &str) -> BTreeSet<String> {
    text.lines()
        .filter_map(|line| {
            let mut cells = line.strip_prefix("| `")?.split(" | ");
            let name = cells.next()?.strip_suffix('`')?;
            let kind = cells.next()?;
            ["counter", "gauge", "histogram"]
                .contains(&kind)
                .then(|| format!("{name} {kind}"))
        })
        .collect()
}

#[test]
fn every_metric_is_documented_and_every_documented_metric_exists() {
    assert_eq!(documented(METRICS), exposed());
}

#[test]
fn the_metrics_of_errors_that_are_grouped_are_documented() {
    let private = || Steeple::builder("shop").private().without_ops();
    let without = exposed_by(&private().build().unwrap());
    let with = exposed_by(&private().errors(|errors| errors).build().unwrap());
    let added = with.difference(&without);
    let added: BTreeSet<_> = added
        .filter(|metric| !metric.starts_with("steeple_pipeline_"))
        .cloned()
        .collect();
    assert_eq!(documented(ERRORS), added);
}

/// The labels of each metric in the tables of `text` that tell labels.
fn documented_labels(text: &str) -> BTreeMap<String, BTreeSet<String>> {
    let (_, request) = METRICS.split_once("\"request\" stands for").unwrap();
    let (request, _) = request.split_once('.').unwrap();
    let tables = text.split("| metric | type | labels |").skip(1);
    let rows = tables.flat_map(|table| {
        let rows = table.lines().skip(2);
        rows.take_while(|line| line.starts_with('|'))
    });
    rows.map(|row| {
        let [_, name, _, labels, _] = row.split('|').collect::<Vec<_>>().try_into().unwrap();
        let labels = match labels.trim() {
            "request" => request,
            labels => labels,
        };
        (quoted(name).collect(), quoted(labels).collect())
    })
    .collect()
}

/// What `text` has in backticks.
fn quoted(text: &str) -> impl Iterator<Item = String> {
    text.split('`').skip(1).step_by(2).map(str::to_owned)
}

#[test]
fn the_labels_are_the_documented_ones() {
    let documented = documented_labels(METRICS);
    assert_eq!(documented.len(), 17);
    assert_labels(&observed(100), documented);
}

fn assert_labels(steeple: &Steeple, documented: BTreeMap<String, BTreeSet<String>>) {
    let snapshot = steeple.registry().snapshot();
    for (metric, labels) in documented {
        let series = &snapshot.family(&metric).unwrap().series;
        let exposed: BTreeSet<_> = series
            .iter()
            .flat_map(|series| series.labels.iter())
            .map(|(label, _)| label.to_owned())
            .collect();
        assert_eq!(labels, exposed, "{metric}");
    }
}

#[test]
fn other_names_and_their_labels_are_the_documented_ones() {
    let (_, names) = MIGRATION.split_once("## The names").unwrap();
    let sections: Vec<_> = names.split("\n### ").skip(1).collect();
    assert_eq!(sections.len(), 3);
    for section in sections {
        let (names, _) = section.split_once('\n').unwrap();
        let steeple = observed_by(names.parse().unwrap(), 100);
        let requests: BTreeSet<_> = exposed_by(&steeple)
            .into_iter()
            .filter(|metric| metric.contains("http_request"))
            .collect();
        assert_eq!(documented(section), requests, "{names}");
        assert_labels(&steeple, documented_labels(section));
    }
}

#[test]
fn the_queries_ask_for_metrics_that_exist() {
    let exposed = exposed();
    let queries: Vec<_> = METRICS
        .lines()
        .filter(|line| line.starts_with("    "))
        .collect();
    assert!(queries.len() >= 5);
    for query in queries {
        let names = query.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
        let mut metrics = names.filter(|name| name.contains("_server_")).peekable();
        assert!(metrics.peek().is_some(), "{query}");
        for metric in metrics {
            let family = metric
                .trim_end_matches("_bucket")
                .trim_end_matches("_count");
            assert!(
                exposed
                    .iter()
                    .any(|exposed| exposed.starts_with(&format!("{family} "))),
                "{metric}"
            );
        }
    }
}

#[test]
fn every_line_about_middleware_is_shown_by_a_test() {
    let (_, rows) = AROUND.split_once("\nrows! {").unwrap();
    let tests: BTreeSet<_> = rows
        .lines()
        .filter_map(|line| line.trim().strip_suffix(','))
        .filter(|row| row.contains('_'))
        .map(str::to_owned)
        .collect();
    let lines = MIDDLEWARE.lines().filter(|line| line.starts_with("| "));
    let shown: Vec<_> = lines
        .filter(|line| !line.ends_with("| shown by |"))
        .map(|line| line.rsplit('|').nth(1).unwrap())
        .collect();
    assert!(shown.len() > 30 && shown.iter().all(|by| by.contains('`')));
    let named: BTreeSet<_> = shown.into_iter().flat_map(quoted).collect();
    assert_eq!(named, tests);
}
