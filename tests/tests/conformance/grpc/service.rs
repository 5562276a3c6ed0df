//! The service that every gRPC scenario calls.

use std::{
    convert::Infallible,
    future::{self, Future},
    pin::Pin,
    task::{Context, Poll},
};

use bytes::{Buf, BufMut, Bytes};
use futures_util::{
    FutureExt, StreamExt,
    stream::{self, BoxStream},
};
use http_body_util::Full;
use tonic::{
    Request, Response, Status, Streaming,
    body::Body,
    codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder},
    server::{Grpc, NamedService},
};
use tower::{Service, service_fn};

/// A service that was written by hand, since code generators want `protoc`.
#[derive(Clone)]
pub(super) struct Fixture;

impl NamedService for Fixture {
    const NAME: &'static str = "conformance.Fixture";
}

pub(super) const UNARY: [&str; 7] = [
    "Ok",
    "Empty",
    "Missing",
    "Unknown",
    "Unavailable",
    "Last",
    "Panic",
];
/// A whole message, as it is on the wire.
pub(super) const HELLO: &[u8] = b"\0\0\0\0\x05hello";

type Messages = BoxStream<'static, Result<Bytes, Status>>;

impl Service<http::Request<Body>> for Fixture {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        async move {
            let method = request
                .uri()
                .path()
                .rsplit('/')
                .next()
                .map(ToOwned::to_owned);
            let mut grpc = Grpc::new(Raw);
            Ok(match method.as_deref() {
                Some("NoStatus") => without_status(),
                Some("HttpError") => http_error(),
                // It reads nothing, so that no client can break off what it reads.
                Some("Never") => future::pending().await,
                Some(method) if UNARY.contains(&method) => {
                    let method = method.to_owned();
                    let handler = service_fn(move |_| unary(method.clone()));
                    grpc.unary(handler, request).await
                }
                method => {
                    let method = method.unwrap_or_default().to_owned();
                    let handler = service_fn(move |request| streaming(method.clone(), request));
                    grpc.streaming(handler, request).await
                }
            })
        }
        .boxed()
    }
}

pub(super) async fn unary(method: String) -> Result<Response<Bytes>, Status> {
    match method.as_str() {
        "Ok" => Ok(Response::new(Bytes::from("hello"))),
        "Empty" => Err(Status::ok("")),
        "Missing" => Err(Status::not_found("no such order")),
        "Unknown" => Err(Status::unknown("nobody knows")),
        "Unavailable" => Err(Status::unavailable("later")),
        "Last" => Err(Status::already_exists("the last call")),
        "Panic" => panic!("lost"),
        _ => Err(Status::unimplemented("")),
    }
}

async fn streaming(
    method: String,
    request: Request<Streaming<Bytes>>,
) -> Result<Response<Messages>, Status> {
    let mut received = request.into_inner();
    Ok(Response::new(match method.as_str() {
        "UnknownLate" => one_and(|| Err(Status::unknown("nobody knows"))),
        "UnavailableLate" => one_and(|| Err(Status::unavailable("later"))),
        "PanicLate" => one_and(|| panic!("lost in the stream")),
        "Count" => numbers(),
        "Endless" => stream::repeat_with(|| Ok(Bytes::from("more"))).boxed(),
        "Echo" => received.boxed(),
        "Sum" => {
            let mut sum = 0;
            while let Some(message) = received.message().await? {
                sum += message.len();
            }
            stream::once(future::ready(Ok(sum.to_string().into()))).boxed()
        }
        // Answers once there is nothing more to hear.
        "AfterHalfClose" => {
            let heard = received.collect::<Vec<_>>();
            heard.into_stream().flat_map(|_| numbers()).boxed()
        }
        _ => return Err(Status::unimplemented("")),
    }))
}

fn numbers() -> Messages {
    stream::iter(["1", "2", "3"])
        .map(|number| Ok(number.into()))
        .boxed()
}

/// One message, and then what `last` returns or panics with.
fn one_and(last: fn() -> Result<Bytes, Status>) -> Messages {
    let last = stream::once(async move {
        // The first message shall be on its way before the stream ends.
        tokio::task::yield_now().await;
        last()
    });
    stream::once(future::ready(Ok(Bytes::from("hello"))))
        .chain(last)
        .boxed()
}

/// What no server of gRPC should answer.
fn without_status() -> http::Response<Body> {
    http::Response::builder()
        .header("content-type", "application/grpc")
        .body(Body::new(Full::from(HELLO)))
        .unwrap()
}

/// What stands before a service may answer so.
fn http_error() -> http::Response<Body> {
    http::Response::builder()
        .status(http::StatusCode::SERVICE_UNAVAILABLE)
        .body(Body::empty())
        .unwrap()
}

/// Messages as they are.
#[derive(Clone, Copy)]
pub(super) struct Raw;

impl Codec for Raw {
    type Encode = Bytes;
    type Decode = Bytes;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for Raw {
    type Item = Bytes;
    type Error = Status;

    fn encode(&mut self, message: Bytes, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        buffer.put(message);
        Ok(())
    }
}

impl Decoder for Raw {
    type Item = Bytes;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<Bytes>, Status> {
        Ok(Some(buffer.copy_to_bytes(buffer.remaining())))
    }
}
