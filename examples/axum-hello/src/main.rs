//! The least that observes an axum service.
//!
//!     cargo run -p axum-hello
//!
//! Then `curl 127.0.0.1:3000/greet/you`, and `curl` where it says that the metrics are: 127.0.0.1:9464, if that was free.

use axum::{Router, extract::Path, routing::get};
use steeple::Steeple;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let steeple = Steeple::builder("hello").build()?;
    let app = Router::new()
        .route(
            "/greet/{name}",
            get(async |Path(name): Path<String>| format!("hello {name}\n")),
        )
        .layer(steeple.axum());
    if let Some(ops) = steeple.ops_addr() {
        eprintln!("metrics: http://{ops}/metrics");
    }
    axum::serve(tokio::net::TcpListener::bind("127.0.0.1:3000").await?, app).await?;
    Ok(())
}
