//! Clients of tower over real sockets, to a server that is observed too.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod grpc;
#[path = "../conformance/grpc/service.rs"]
mod service;

use std::{
    fmt::Debug,
    net::SocketAddr,
    sync::mpsc::{self, Receiver},
    time::Duration,
};

use axum::{Router, routing::any};
use bytes::Bytes;
use http::{Request, Response, Uri};
use http_body_util::{BodyExt, Empty};
use hyper_util::{client::legacy, rt::TokioExecutor};
use steeple::{
    RequestRecord, Steeple,
    core::{TraceConfig, TraceContext, Trust},
};
use tokio::net::TcpListener;
use tonic::{body::Body, client::GrpcService, transport::Channel};
use tower::{Layer, ServiceExt};

const PATIENCE: Duration = Duration::from_secs(10);

/// An instance that records traces, and the places of its requests in them.
fn instance() -> (Steeple, Receiver<TraceContext>) {
    let (sender, requests) = mpsc::channel();
    let steeple = Steeple::builder("calls")
        .private()
        .without_ops()
        .observer(|observer| {
            observer
                .traces(TraceConfig::new().trust(Trust::everybody()))
                .sink(move |record: &RequestRecord<'_>| {
                    let _ = sender.send(record.trace());
                })
        })
        .build()
        .unwrap();
    (steeple, requests)
}

/// A server whose requests are told by the second.
async fn server() -> (SocketAddr, Receiver<TraceContext>) {
    let (steeple, requests) = instance();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = Router::new().fallback(any(async || "hello"));
    let router = router.layer(steeple.axum());
    tokio::spawn(async move {
        let _steeple = steeple;
        axum::serve(listener, router).await.unwrap();
    });
    (address, requests)
}

/// How many calls of this server the metrics tell.
fn calls(steeple: &Steeple, address: SocketAddr, version: &str) -> bool {
    let text = steeple.registry().render();
    text.lines().any(|line| {
        line.starts_with("http_client_request_duration_seconds_count{")
            && line.contains(&format!("network_protocol_version=\"{version}\""))
            && line.contains("server_address=\"127.0.0.1\"")
            && line.contains(&format!("server_port=\"{}\"", address.port()))
            && line.ends_with("} 1")
    })
}

/// Has `call` ask a server, in a job: the call is between them in one trace, and is told in the metrics.
async fn is_in_one_trace<B>(
    version: &str,
    call: impl AsyncFnOnce(&Steeple, SocketAddr) -> Response<B>,
) where
    B: http_body::Body<Error: Debug>,
{
    let (address, requests) = server().await;
    let (steeple, _) = instance();
    let calling = async {
        let place = steeple::current::trace().unwrap();
        let body = call(&steeple, address).await.into_body();
        assert_eq!(body.collect().await.unwrap().to_bytes(), "hello");
        place
    };
    let job = steeple.observe("job", "calls").instrument(calling).await;
    let served = requests.recv_timeout(PATIENCE).unwrap();
    assert_eq!(served.trace_id(), job.trace_id());
    // The call's span is between them.
    assert!(
        served
            .parent_span_id()
            .is_some_and(|parent| parent != job.span_id())
    );
    assert!(calls(&steeple, address, version));
}

#[tokio::test]
async fn a_client_of_hyper_util_continues_the_trace() {
    is_in_one_trace("1.1", async |steeple, address| {
        let client = legacy::Client::builder(TokioExecutor::new()).build_http::<Empty<Bytes>>();
        let client = steeple.tower_client().layer(client);
        let request = Request::get(format!("http://{address}/users"));
        client
            .oneshot(request.body(Empty::new()).unwrap())
            .await
            .unwrap()
    })
    .await;
}

#[tokio::test]
async fn a_channel_of_tonic_continues_the_trace() {
    fn is_what_generated_clients_take(_: &impl GrpcService<Body>) {}

    is_in_one_trace("2", async |steeple, address| {
        let origin: Uri = format!("http://{address}").parse().unwrap();
        let channel = Channel::builder(origin.clone()).connect().await.unwrap();
        let channel = steeple.tower_client().origin(origin).layer(channel);
        is_what_generated_clients_take(&channel);
        let request = Request::post("/shop.Orders/Place").body(Body::empty());
        channel.oneshot(request.unwrap()).await.unwrap()
    })
    .await;
}
