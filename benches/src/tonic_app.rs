//! A service on tonic with one unary method, driven as hyper does it.

use std::{
    convert::Infallible,
    fmt::Debug,
    future::{Future, poll_fn},
    pin::{Pin, pin},
    task::{Context, Poll},
};

use bytes::{Buf, BufMut, Bytes};
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, Uri, Version};
use http_body_util::Full;
use tonic::{
    Status,
    body::Body,
    codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder},
    server::{Grpc, NamedService, UnaryService},
    service::Routes,
};
use tower_service::Service;

use crate::request::{self, Server};

/// What a client of gRPC sends, as many as those of a browser.
const HEADERS: [(&str, &str); 8] = [
    ("content-type", "application/grpc"),
    ("te", "trailers"),
    ("user-agent", "grpc-go/1.76.0"),
    ("grpc-accept-encoding", "gzip"),
    ("grpc-timeout", "2500m"),
    ("authorization", "Bearer 2f9c1c8a6d5e4b7fa0d3c2b1a0f9e8d7"),
    (
        "traceparent",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    ),
    ("x-request-id", "7b0c0b5e-3d1f-4a8e-9a55-0c5f6f1f7e21"),
];

const MESSAGE: &[u8] = b"\0\0\0\0\x0aorder 4711";

/// The routes of the service. The caller adds its layer.
pub(crate) fn routes() -> Routes {
    Routes::new(Orders).prepare()
}

/// A server of `service`.
pub(crate) fn server<S, B>(mut service: S) -> Server
where
    S: Service<Request<Body>, Response = Response<B>, Error: Debug> + 'static,
    B: http_body::Body<Data = Bytes, Error: Debug>,
{
    let headers = HEADERS.into_iter().map(|(name, value)| {
        (
            HeaderName::from_static(name),
            HeaderValue::from_static(value),
        )
    });
    let uri = Uri::from_static("http://shop.example:8080/shop.Orders/Items");
    let headers: HeaderMap = headers.collect();
    Box::new(move || {
        let mut request = Request::new(Body::new(Full::new(Bytes::from_static(MESSAGE))));
        *request.version_mut() = Version::HTTP_2;
        *request.uri_mut() = uri.clone();
        *request.headers_mut() = headers.clone();
        request::ready(exchange(&mut service, request))
    })
}

/// The body is polled until its trailers; then it is dropped.
async fn exchange<S, B>(service: &mut S, request: Request<Body>) -> usize
where
    S: Service<Request<Body>, Response = Response<B>, Error: Debug>,
    B: http_body::Body<Data = Bytes, Error: Debug>,
{
    let response = match service.call(request).await {
        Ok(response) => response,
        Err(error) => panic!("the benched service fails: {error:?}"),
    };
    let mut body = pin!(response.into_body());
    let mut bytes = 0;
    loop {
        match poll_fn(|context| body.as_mut().poll_frame(context)).await {
            Some(Ok(frame)) if frame.is_data() => bytes += frame.data_ref().map_or(0, Bytes::len),
            Some(Ok(_trailers)) => return bytes,
            Some(Err(error)) => panic!("the benched body fails: {error:?}"),
            None => panic!("the benched body has no trailers"),
        }
    }
}

#[derive(Clone)]
struct Orders;

impl NamedService for Orders {
    const NAME: &'static str = "shop.Orders";
}

impl Service<Request<Body>> for Orders {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        // As generated code does it.
        Box::pin(async move { Ok(Grpc::new(Raw).unary(Items, request).await) })
    }
}

struct Items;

impl UnaryService<Bytes> for Items {
    type Response = Bytes;
    type Future = Pin<Box<dyn Future<Output = Result<tonic::Response<Bytes>, Status>> + Send>>;

    fn call(&mut self, _: tonic::Request<Bytes>) -> Self::Future {
        Box::pin(async { Ok(tonic::Response::new(request::answer().await.into())) })
    }
}

/// Messages as they are.
struct Raw;

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
