//! A service whose handler panics, which answers with 500 where panics unwind. The fault tests build it with
//! `panic = "abort"` too.

use std::{convert::Infallible, error::Error};

use axum::{Router, body::Body, routing::get};
use http::{Request, StatusCode};
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
    assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
    Ok(())
}
