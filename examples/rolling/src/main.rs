//! A service that is restarted without losing a request, or what was recorded of one.
//!
//!     cargo run -p rolling -- 3000
//!
//! Then `curl 127.0.0.1:3000/readyz`, and `kill` it: it is not ready any more, serves for five more seconds, and ends. Ctrl-C does
//! without these. `OTEL_EXPORTER_OTLP_ENDPOINT` says where traces, metrics and logs go.

use std::{env, time::Duration};

use axum::{Router, routing::get};
use steeple::Steeple;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let port = env::args().nth(1).unwrap_or_else(|| "3000".to_owned());
    let listener = tokio::net::TcpListener::bind(format!("127.0.0.1:{port}")).await?;

    let steeple = Steeple::builder("rolling")
        .without_ops()
        .health(|health| health)
        .logs(|logs| logs)
        .build()?;
    steeple.install_subscriber()?;
    let app = Router::new()
        .route("/work", get(work))
        .layer(steeple.axum())
        .merge(steeple::axum::probes(steeple.probes()));

    let lifecycle = steeple.lifecycle();
    let server = axum::serve(listener, app).with_graceful_shutdown(lifecycle.stopping());
    let ended = lifecycle.run(server).await?;
    ended.flushed?;
    Ok(())
}

/// Takes as long as asking a database does.
async fn work() -> &'static str {
    tokio::time::sleep(Duration::from_millis(5)).await;
    "done\n"
}
