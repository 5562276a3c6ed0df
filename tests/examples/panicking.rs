//! A service whose handler panics: built with `panic = "abort"` by the fault tests.

use std::{convert::Infallible, error::Error};

use axum::{Router, body::Body, routing::get};
use http::Request;
use steeple::Steeple;
use tower::ServiceExt;

async fn panics() -> Result<(), Infallible> {
    panic!("lost for good")
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let steeple = Steeple::builder("shop").without_ops().build()?;
    let app = Router::new().route("/", get(panics)).layer(steeple.axum());
    let response = app.oneshot(Request::new(Body::empty())).await?;
    println!("answered with {}", response.status());
    Ok(())
}
