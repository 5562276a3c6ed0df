//! The least that observes an axum service.
//!
//!     cargo run -p axum-hello
//!
//! Then `curl 127.0.0.1:3000/greet/you` and `curl 127.0.0.1:9464/metrics`.

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
    axum::serve(tokio::net::TcpListener::bind("127.0.0.1:3000").await?, app).await?;
    Ok(())
}
