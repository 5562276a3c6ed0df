//! steeple in a service that has metrics-exporter-prometheus already.
//!
//!     cargo run -p existing-recorder
//!
//! Then `curl 127.0.0.1:3000/greet/you` and `curl 127.0.0.1:3000/metrics`: the exporter shows what it always did, and the
//! request metrics too. steeple has these on its own port as well, where its figures about itself are.

use std::{error::Error, time::Duration};

use axum::{Router, extract::Path, routing::get};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use steeple::Steeple;

/// What the exporter is to sort durations and sizes into; without buckets it makes summaries of them.
const SECONDS: &[f64] = &[
    0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0,
];
const BYTES: &[f64] = &[256.0, 4_096.0, 65_536.0, 1_048_576.0, 16_777_216.0];

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let exporter = install_exporter()?;
    // After the exporter: the recorder that is there first stays the application's.
    let steeple = Steeple::builder("hello").build()?;
    if let Some(ops) = steeple.ops_addr() {
        eprintln!("steeple's own metrics: http://{ops}/metrics");
    }
    let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
    axum::serve(listener, application(exporter, &steeple)).await?;
    Ok(())
}

fn install_exporter() -> Result<PrometheusHandle, Box<dyn Error>> {
    let exporter = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), SECONDS)?
        .set_buckets_for_metric(Matcher::Suffix("_bytes".to_owned()), BYTES)?
        .install_recorder()?;
    let upkeep = exporter.clone();
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(Duration::from_secs(5)).await;
            upkeep.run_upkeep();
        }
    });
    Ok(exporter)
}

fn application(exporter: PrometheusHandle, steeple: &Steeple) -> Router {
    Router::new()
        .route("/greet/{name}", get(greet))
        .layer(steeple.axum())
        .route("/metrics", get(async move || exporter.render()))
}

async fn greet(Path(name): Path<String>) -> String {
    metrics::counter!("greetings_total").increment(1);
    format!("hello {name}\n")
}

#[cfg(test)]
mod tests {
    use steeple_tests::backends::get;

    use super::*;

    #[tokio::test(flavor = "multi_thread")]
    async fn the_exporter_shows_its_own_metrics_and_those_of_requests() {
        let exporter = install_exporter().unwrap();
        let steeple = Steeple::builder("hello")
            .ops(|ops| ops.address(([127, 0, 0, 1], 0).into()))
            .build()
            .unwrap();
        let ops = steeple.ops_addr().unwrap();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(axum::serve(listener, application(exporter, &steeple)).into_future());

        let fetch = |url: String| tokio::task::spawn_blocking(move || get(&url).unwrap());
        let greeting = fetch(format!("http://{address}/greet/ada")).await.unwrap();
        assert_eq!(greeting, "hello ada\n");

        let exported = fetch(format!("http://{address}/metrics")).await.unwrap();
        let labels = r#"http_request_method="GET",http_route="/greet/{name}""#;
        for line in [
            "greetings_total 1".to_owned(),
            format!(
                r#"http_server_requests_total{{{labels},outcome="success",http_response_status_code="200"}} 1"#
            ),
        ] {
            assert!(
                exported.lines().any(|found| found == line),
                "{line}\n{exported}"
            );
        }
        assert!(
            exported.contains("http_server_request_duration_seconds_bucket{"),
            "{exported}"
        );

        let own = fetch(format!("http://{ops}/metrics")).await.unwrap();
        assert!(own.contains("http_server_requests_total{") && !own.contains("greetings_total"));
    }
}
