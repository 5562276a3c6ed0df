//! Clients of gRPC that are observed: the status that decides is in the headers or the trailers of the answer.

use std::{
    convert::Infallible,
    future::{Future, ready},
    io,
    sync::{Arc, Mutex},
};

use bytes::Bytes;
use futures_executor::block_on;
use futures_util::stream;
use http::{HeaderMap, Request, Response, Uri};
use http_body::{Body, Frame};
use http_body_util::{BodyExt, StreamBody};
use steeple_core::{CallRecord, GrpcStatus, Observer, RequestRecord, Sink};
use steeple_metrics::Registry;
use steeple_tower::{ClientBody, ClientLayer};
use tower::{Layer, ServiceExt, service_fn};

use crate::stage::{NoBody, body, data, grpc_request};

/// Method, status and type of error.
type Seen = (String, GrpcStatus, Option<String>);

#[derive(Clone, Default)]
struct Calls(Arc<Mutex<Vec<Seen>>>);

impl Sink for Calls {
    fn request(&self, _: &RequestRecord<'_>) {}

    fn call(&self, record: &CallRecord<'_>) {
        let rpc = record.rpc().unwrap();
        let error_type = record.error_type.map(|error| error.to_string());
        self.0
            .lock()
            .unwrap()
            .push((rpc.method.to_owned(), rpc.status, error_type));
    }
}

struct Stage {
    layer: ClientLayer,
    calls: Calls,
    registry: Registry,
}

impl Stage {
    fn new() -> Self {
        let (calls, registry) = (Calls::default(), Registry::new());
        let observer = Observer::builder()
            .recorder(Arc::new(registry.clone()))
            .sink(calls.clone())
            .build()
            .unwrap();
        Self {
            layer: ClientLayer::new(&observer).origin(Uri::from_static("http://shop:50051")),
            calls,
            registry,
        }
    }

    /// How a call ends that is answered so and whose answer `read` reads.
    fn ends<B: Body, R: Future>(
        &self,
        answer: impl Fn() -> Response<B>,
        read: impl FnOnce(ClientBody<B>) -> R,
    ) -> Seen {
        let service = service_fn(|_: Request<NoBody>| ready(Ok::<_, Infallible>(answer())));
        let answer = block_on(self.layer.layer(service).oneshot(grpc_request())).unwrap();
        drop(block_on(read(answer.into_body())));
        self.calls.0.lock().unwrap().pop().unwrap()
    }
}

fn answer<B>(body: B) -> Response<B> {
    let answer = Response::builder().header("content-type", "application/grpc");
    answer.body(body).unwrap()
}

fn trailers(status: &str) -> Frame<Bytes> {
    let field = ("grpc-status".parse().unwrap(), status.parse().unwrap());
    Frame::trailers(HeaderMap::from_iter([field]))
}

fn seen(status: GrpcStatus, error_type: Option<&str>) -> Seen {
    let method = grpc_request().uri().path()[1..].to_owned();
    (method, status, error_type.map(str::to_owned))
}

#[test]
fn the_trailers_tell_how_a_call_ended() {
    let stage = Stage::new();
    let stream = || answer(body([|| data("a"), || data("b"), || trailers("0")]));
    assert_eq!(
        stage.ends(stream, BodyExt::collect),
        seen(GrpcStatus::Ok, None)
    );
    // It may have sent messages before.
    let stream = || answer(body([|| data("a"), || trailers("14")]));
    let unavailable = seen(GrpcStatus::Unavailable, Some("UNAVAILABLE"));
    assert_eq!(stage.ends(stream, BodyExt::collect), unavailable);
    let stream = || answer(body([|| data("a")]));
    let unknown = seen(GrpcStatus::Unknown, Some("UNKNOWN"));
    assert_eq!(stage.ends(stream, BodyExt::collect), unknown);
}

#[test]
fn the_head_of_an_answer_without_messages_tells_how_a_call_ended() {
    let stage = Stage::new();
    for (status, expected) in [
        ("0", seen(GrpcStatus::Ok, None)),
        ("5", seen(GrpcStatus::NotFound, Some("NOT_FOUND"))),
    ] {
        let told = || {
            let mut answer = answer(NoBody::new());
            let status = status.parse().unwrap();
            answer.headers_mut().insert("grpc-status", status);
            answer
        };
        assert_eq!(stage.ends(told, async |_| ()), expected);
    }
    let untold = || answer(NoBody::new());
    let unknown = seen(GrpcStatus::Unknown, Some("UNKNOWN"));
    assert_eq!(stage.ends(untold, async |_| ()), unknown);
}

#[test]
fn a_stream_that_is_left_is_cancelled_and_one_that_breaks_off_is_an_error() {
    let stage = Stage::new();
    let stream = || answer(body([|| data("a"), || data("b"), || trailers("0")]));
    let first = async |mut body: ClientBody<_>| drop(body.frame().await);
    let cancelled = seen(GrpcStatus::Cancelled, Some("cancelled"));
    assert_eq!(stage.ends(stream, first), cancelled);
    let breaking = || {
        let frames = [Ok(data("a")), Err(io::Error::other("reset"))];
        answer(StreamBody::new(stream::iter(frames)))
    };
    let internal = seen(GrpcStatus::Internal, Some("body_error"));
    assert_eq!(stage.ends(breaking, BodyExt::collect), internal);
}

#[test]
fn calls_are_counted_by_method_status_and_server() {
    let stage = Stage::new();
    let stream = || answer(body([|| data("a"), || trailers("14")]));
    stage.ends(stream, BodyExt::collect);
    let snapshot = stage.registry.snapshot();
    let labels = |name| {
        let [series] = &snapshot.family(name).unwrap().series[..] else {
            panic!("one series: {snapshot:?}")
        };
        let labels = series.labels.iter();
        Vec::from_iter(labels.map(|(name, value)| format!("{name}={value}")))
    };
    assert_eq!(
        labels("rpc_client_call_duration_seconds"),
        [
            "error_type=UNAVAILABLE",
            "rpc_method=shop.Orders/Place",
            "rpc_status_code=UNAVAILABLE",
            "rpc_system_name=grpc",
            "server_address=shop",
            "server_port=50051",
        ]
    );
    // It is a request too, whose error is the call's.
    let request = labels("http_client_request_duration_seconds");
    for expected in ["error_type=UNAVAILABLE", "http_response_status_code=200"] {
        assert!(request.iter().any(|own| own == expected), "{request:?}");
    }
}
