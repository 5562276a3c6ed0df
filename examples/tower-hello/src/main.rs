//! Observes a bare hyper service through tower.
//!
//!     cargo run -p tower-hello
//!
//! Then `curl 127.0.0.1:3000/greet/you`, and `curl` where it says that the metrics are: 127.0.0.1:9464, if that was free.

use std::convert::Infallible;

use bytes::Bytes;
use http_body_util::Full;
use hyper::{Request, Response, StatusCode, body::Incoming, server::conn::http1};
use hyper_util::{rt::TokioIo, service::TowerToHyperService};
use steeple::{Steeple, current};
use tokio::net::TcpListener;
use tower::{Layer, service_fn};

async fn answer(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let Some(name) = request.uri().path().strip_prefix("/greet/") else {
        let mut not_found = Response::default();
        *not_found.status_mut() = StatusCode::NOT_FOUND;
        return Ok(not_found);
    };
    // There is no router here that could know it.
    current::route("/greet/{name}");
    Ok(Response::new(format!("hello {name}\n").into()))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let steeple = Steeple::builder("hello").build()?;
    let service = steeple.tower().layer(service_fn(answer));
    let listener = TcpListener::bind("127.0.0.1:3000").await?;
    if let Some(ops) = steeple.ops_addr() {
        eprintln!("metrics: http://{ops}/metrics");
    }
    loop {
        let (stream, _) = listener.accept().await?;
        let service = TowerToHyperService::new(service.clone());
        tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
    }
}
