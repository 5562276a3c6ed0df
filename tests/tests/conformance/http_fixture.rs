//! The fixture in terms of version 1 of the `http` crate.

use std::{
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use futures_util::TryStreamExt;
use http::{HeaderName, HeaderValue, Request, Response, StatusCode};
use http_body::{Body, Frame, SizeHint};
use http_body_util::{BodyExt, Full, StreamBody, combinators::UnsyncBoxBody};
use hyper_util::rt::TokioIo;
use tower_http::timeout::TimeoutLayer;

use crate::fixture::{self, BoxError, Content, Exact, Reply};

pub(crate) type AnyBody = UnsyncBoxBody<Bytes, BoxError>;

pub(crate) async fn handle<B: Body<Error: Into<BoxError>>>(
    request: Request<B>,
) -> Response<AnyBody> {
    let path = request.uri().path().to_owned();
    let length = async {
        let body = request.into_body().collect().await.map_err(Into::into)?;
        Ok(body.to_bytes().len())
    };
    response(fixture::answer(&path, length).await)
}

/// Answers a CONNECT with a tunnel back to the client.
pub(crate) fn tunnel<B: Send + 'static>(request: Request<B>) -> Response<AnyBody> {
    tokio::spawn(async {
        let upgraded = TokioIo::new(hyper::upgrade::on(request).await.unwrap());
        let (mut reader, mut writer) = tokio::io::split(upgraded);
        let _ = tokio::io::copy(&mut reader, &mut writer).await;
    });
    status(200)
}

/// Gives up after [`fixture::LIMIT`].
pub(crate) fn timeout() -> TimeoutLayer {
    TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, fixture::LIMIT)
}

pub(crate) fn status(status: u16) -> Response<AnyBody> {
    response(fixture::status(status))
}

pub(crate) fn response(reply: Reply) -> Response<AnyBody> {
    let mut response = Response::new(match reply.content {
        Content::Text(text) => Full::from(text)
            .map_err(|error: Infallible| match error {})
            .boxed_unsync(),
        Content::Exact(exact) => exact.map_err(|error| match error {}).boxed_unsync(),
        Content::Stream(parts) => StreamBody::new(parts.map_ok(Frame::data)).boxed_unsync(),
    });
    *response.status_mut() = StatusCode::from_u16(reply.status).unwrap();
    for (name, value) in reply.headers {
        response.headers_mut().insert(
            HeaderName::from_static(name),
            HeaderValue::from_static(value),
        );
    }
    response
}

impl Body for Exact {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.next().map(|part| Ok(Frame::data(part))))
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.size())
    }
}
