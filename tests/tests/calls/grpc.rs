//! Clients of tonic that call a server of tonic: both tell of a call the same.

use std::{
    future,
    net::SocketAddr,
    sync::mpsc::{self, Receiver, Sender},
    time::{Duration, Instant},
};

use axum::{Router, routing::any};
use bytes::Bytes;
use http::{Uri, uri::PathAndQuery};
use steeple::{
    RequestRecord, Steeple,
    core::{CallRecord, ErrorType, GrpcStatus, RpcCall, Sink, TraceConfig, TraceContext, Trust},
    tower::Client,
};
use tokio::net::TcpListener;
use tonic::{
    Code, Request, Status, Streaming,
    client::Grpc,
    transport::{Channel, Server, server::TcpIncoming},
};
use tower::Layer;

use crate::{
    PATIENCE,
    service::{Fixture, Raw},
};

/// What one side tells of a call.
#[derive(Debug)]
struct Told {
    trace: TraceContext,
    call: (String, GrpcStatus),
    error_type: Option<String>,
    duration: Duration,
}

/// Tells it of requests that come in and that go out alike.
struct Teller(Sender<Told>);

impl Teller {
    fn tell(
        &self,
        trace: TraceContext,
        rpc: Option<RpcCall<'_>>,
        error_type: Option<ErrorType>,
        duration: Duration,
    ) {
        let rpc = rpc.unwrap();
        let call = (rpc.method.to_owned(), rpc.status);
        let _ = self.0.send(Told {
            trace,
            call,
            error_type: error_type.map(|error| error.to_string()),
            duration,
        });
    }
}

impl Sink for Teller {
    fn request(&self, record: &RequestRecord<'_>) {
        let (trace, rpc) = (record.trace(), record.rpc());
        self.tell(trace, rpc, record.error_type, record.duration());
    }

    fn call(&self, record: &CallRecord<'_>) {
        let (trace, rpc) = (record.trace.unwrap(), record.rpc());
        self.tell(trace, rpc, record.error_type, record.duration());
    }
}

fn instance() -> (Steeple, Receiver<Told>) {
    let (sender, told) = mpsc::channel();
    let steeple = Steeple::builder("calls")
        .private()
        .without_ops()
        .observer(|observer| {
            let traces = TraceConfig::new().trust(Trust::everybody());
            observer.traces(traces).sink(Teller(sender))
        })
        .build()
        .unwrap();
    (steeple, told)
}

/// A client and what both sides tell.
struct Stage {
    steeple: Steeple,
    client: Grpc<Client<Channel>>,
    called: Receiver<Told>,
    served: Receiver<Told>,
    address: SocketAddr,
}

impl Stage {
    async fn new() -> Self {
        let (server, served) = instance();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            let fixture = Server::builder().layer(server.tower()).add_service(Fixture);
            let incoming = TcpIncoming::from(listener);
            fixture.serve_with_incoming(incoming).await.unwrap();
        });
        Self::calling(address, served)
    }

    fn calling(address: SocketAddr, served: Receiver<Told>) -> Self {
        let (steeple, called) = instance();
        let origin: Uri = format!("http://{address}").parse().unwrap();
        let channel = Channel::builder(origin.clone()).connect_lazy();
        let client = Grpc::new(steeple.tower_client().origin(origin).layer(channel));
        Self {
            steeple,
            client,
            called,
            served,
            address,
        }
    }

    async fn unary(
        &mut self,
        request: Request<Bytes>,
        method: &'static str,
    ) -> Result<Bytes, Status> {
        self.client.ready().await.unwrap();
        let answer = self
            .client
            .unary(request, PathAndQuery::from_static(method), Raw)
            .await?;
        Ok(answer.into_inner())
    }

    async fn stream(&mut self, method: &'static str) -> Streaming<Bytes> {
        self.client.ready().await.unwrap();
        let (request, path) = (
            Request::new(Bytes::new()),
            PathAndQuery::from_static(method),
        );
        let answer = self.client.server_streaming(request, path, Raw).await;
        answer.unwrap().into_inner()
    }

    /// What both sides tell of the last call: the same call, one below the other.
    fn told(&self) -> Told {
        let called = self.called.recv_timeout(PATIENCE).unwrap();
        let served = self.served.recv_timeout(PATIENCE).unwrap();
        assert_eq!(called.call, served.call);
        assert_eq!(served.trace.trace_id(), called.trace.trace_id());
        assert_eq!(served.trace.parent_span_id(), Some(called.trace.span_id()));
        called
    }

    /// How many calls the metrics tell that ended with `status`.
    fn counted(&self, method: &str, status: &str) -> bool {
        let text = self.steeple.registry().render();
        text.lines().any(|line| {
            line.starts_with("rpc_client_call_duration_seconds_count{")
                && line.contains(&format!("rpc_method=\"{method}\""))
                && line.contains(&format!("rpc_status_code=\"{status}\""))
                && line.contains(&format!("server_port=\"{}\"", self.address.port()))
                && line.contains("error_type=") == (status != "OK")
                && line.ends_with("} 1")
        })
    }
}

fn nothing() -> Request<Bytes> {
    Request::new(Bytes::new())
}

fn told(method: &str, status: GrpcStatus) -> (String, GrpcStatus) {
    (format!("conformance.Fixture/{method}"), status)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_unary_call_ends_with_its_status() {
    let mut stage = Stage::new().await;
    let answer = stage.unary(nothing(), "/conformance.Fixture/Ok").await;
    assert_eq!(answer.unwrap(), "hello");
    let ok = stage.told();
    assert_eq!((ok.call, ok.error_type), (told("Ok", GrpcStatus::Ok), None));
    assert!(stage.counted("conformance.Fixture/Ok", "OK"));
    // tonic answers both with the head alone. The first is the fault of whoever calls, but an error to it.
    for (path, method, status, error) in [
        (
            "/conformance.Fixture/Missing",
            "Missing",
            GrpcStatus::NotFound,
            "NOT_FOUND",
        ),
        (
            "/conformance.Fixture/Unavailable",
            "Unavailable",
            GrpcStatus::Unavailable,
            "UNAVAILABLE",
        ),
    ] {
        stage.unary(nothing(), path).await.unwrap_err();
        let failed = stage.told();
        assert_eq!(failed.call, told(method, status));
        assert_eq!(failed.error_type.as_deref(), Some(error));
        assert!(stage.counted(&path[1..], error));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_ends_with_the_status_in_its_trailers() {
    let mut stage = Stage::new().await;
    let mut count = stage.stream("/conformance.Fixture/Count").await;
    while count.message().await.unwrap().is_some() {}
    let ok = stage.told();
    assert_eq!(
        (ok.call, ok.error_type),
        (told("Count", GrpcStatus::Ok), None)
    );
    let mut late = stage.stream("/conformance.Fixture/UnavailableLate").await;
    assert_eq!(late.message().await.unwrap().unwrap(), "hello");
    assert_eq!(late.message().await.unwrap_err().code(), Code::Unavailable);
    let failed = stage.told();
    assert_eq!(
        failed.call,
        told("UnavailableLate", GrpcStatus::Unavailable)
    );
    assert_eq!(failed.error_type.as_deref(), Some("UNAVAILABLE"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_its_client_leaves_is_cancelled() {
    let mut stage = Stage::new().await;
    let mut endless = stage.stream("/conformance.Fixture/Endless").await;
    assert_eq!(endless.message().await.unwrap().unwrap(), "more");
    drop(endless);
    let left = stage.told();
    assert_eq!(left.call, told("Endless", GrpcStatus::Cancelled));
    assert_eq!(left.error_type.as_deref(), Some("cancelled"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_its_client_gives_up_at_its_deadline_has_timed_out() {
    let (server, served) = instance();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    // tonic's server would answer at the deadline, perhaps before the client gives up.
    let silent = Router::new().fallback(any(future::pending::<()>));
    let silent = silent.layer(server.axum());
    tokio::spawn(async move { axum::serve(listener, silent).await.unwrap() });
    let mut stage = Stage::calling(address, served);
    let deadline = Duration::from_millis(50);
    let began = Instant::now();
    loop {
        assert!(began.elapsed() < PATIENCE, "the server is always early");
        let mut request = nothing();
        request.set_timeout(deadline);
        let called = stage.unary(request, "/shop.Orders/Place").await;
        called.unwrap_err();
        let late = stage.called.recv_timeout(PATIENCE).unwrap();
        assert_eq!(late.call.1, GrpcStatus::DeadlineExceeded);
        assert_eq!(late.error_type.as_deref(), Some("timeout"));
        // The client's time began before the server's, who may be left just before the end of its own, or never hear of the call.
        let Ok(served) = stage.served.recv_timeout(deadline) else {
            continue;
        };
        let is_late = served.duration >= deadline;
        let expected = match is_late {
            true => GrpcStatus::DeadlineExceeded,
            false => GrpcStatus::Cancelled,
        };
        assert_eq!(served.call.1, expected, "{served:?}");
        if is_late {
            break;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_not_there_is_unavailable() {
    let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr();
    let (_, served) = instance();
    let mut stage = Stage::calling(nobody.unwrap(), served);
    let path = "/conformance.Fixture/Ok";
    let error = stage.unary(nothing(), path).await.unwrap_err();
    assert_eq!(error.code(), Code::Unavailable);
    let refused = stage.called.recv_timeout(PATIENCE).unwrap();
    assert_eq!(refused.call, told("Ok", GrpcStatus::Unavailable));
    let error_type = refused.error_type.unwrap();
    assert!(error_type.starts_with("tonic::"), "{error_type}");
}
