//! What every adapter serves, as far as it does not depend on the framework.

use std::{
    convert::Infallible,
    future, io,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use futures_util::{
    StreamExt, TryStreamExt,
    stream::{self, Stream},
};
use http::{Request, Response, StatusCode, header};
use http_body::{Body, Frame, SizeHint};
use http_body_util::{BodyExt, Full, StreamBody, combinators::UnsyncBoxBody};
use steeple::current;

pub(crate) type BoxError = Box<dyn std::error::Error + Send + Sync>;
pub(crate) type AnyBody = UnsyncBoxBody<Bytes, BoxError>;

/// The templates of the routes, for routers.
pub(crate) const ROUTES: [&str; 19] = [
    "/ok",
    "/status/{code}",
    "/attached",
    "/panic",
    "/panic-in-body",
    "/never",
    "/endless",
    "/slow",
    "/chunks",
    "/exact",
    "/length-header",
    "/broken-body",
    "/events",
    "/healthz",
    "/length",
    "/upgrade",
    "/timed-out",
    "/tenant",
    "/record",
];
/// The template below the prefix `/api`.
pub(crate) const NESTED: &str = "/users/{id}";

/// The handler of all of [`ROUTES`] and of `/api` + [`NESTED`].
pub(crate) async fn handle<B: Body<Error: Into<BoxError>>>(
    request: Request<B>,
) -> Response<AnyBody> {
    let path = request.uri().path().to_owned();
    match path.as_str() {
        "/attached" => {
            current::attach(&io::Error::other("the bank does not answer"));
            status(502)
        }
        "/panic" => panic!("lost"),
        "/panic-in-body" => streamed(part_and(|| panic!("lost in the body"))),
        "/never" => future::pending().await,
        "/endless" => streamed(stream::repeat_with(|| Ok(Bytes::from(vec![b'x'; 1024])))),
        "/slow" => {
            tokio::time::sleep(Duration::from_secs(60)).await;
            text("too late")
        }
        "/chunks" => streamed(parts(["part ", "part ", "part "])),
        "/exact" => Response::new(
            Exact {
                left: vec!["part", "half "],
            }
            .map_err(Into::into)
            .boxed_unsync(),
        ),
        "/length-header" => {
            let mut response = streamed(parts(["part ", "part ", "part "]));
            response
                .headers_mut()
                .insert(header::CONTENT_LENGTH, 15.into());
            response
        }
        "/broken-body" => streamed(part_and(|| Err("the disk is gone".into()))),
        "/events" => {
            let mut response = streamed(parts(["data: 1\n\n", "data: 2\n\n"]));
            response.headers_mut().insert(
                header::CONTENT_TYPE,
                header::HeaderValue::from_static("text/event-stream"),
            );
            response
        }
        "/length" => {
            let body = request
                .into_body()
                .collect()
                .await
                .map_err(Into::into)
                .map(|body| body.to_bytes().len());
            text(&format!("{body:?}"))
        }
        "/upgrade" => {
            let mut response = status(101);
            response
                .headers_mut()
                .insert(header::UPGRADE, header::HeaderValue::from_static("echo"));
            response.headers_mut().insert(
                header::CONNECTION,
                header::HeaderValue::from_static("upgrade"),
            );
            response
        }
        "/timed-out" => {
            current::timed_out();
            status(503)
        }
        "/tenant" => {
            current::label("tenant", "acme");
            text("acme")
        }
        "/record" => {
            metrics::counter!("handler_runs_total").increment(1);
            text("recorded")
        }
        path => match path.strip_prefix("/status/") {
            Some(code) => status(code.parse().unwrap()),
            None => text("hello"),
        },
    }
}

pub(crate) fn text(text: &str) -> Response<AnyBody> {
    Response::new(
        Full::from(text.to_owned())
            .map_err(|error: Infallible| match error {})
            .boxed_unsync(),
    )
}

pub(crate) fn status(code: u16) -> Response<AnyBody> {
    let mut response = text("");
    *response.status_mut() = StatusCode::from_u16(code).unwrap();
    response
}

type Part = Result<Bytes, BoxError>;

fn streamed(parts: impl Stream<Item = Part> + Send + 'static) -> Response<AnyBody> {
    Response::new(StreamBody::new(parts.map_ok(Frame::data)).boxed_unsync())
}

fn parts<const N: usize>(parts: [&'static str; N]) -> impl Stream<Item = Part> + Send + 'static {
    stream::iter(parts).map(|part| Ok(Bytes::from_static(part.as_bytes())))
}

/// One part, and then what `last` returns or panics with.
fn part_and(last: fn() -> Part) -> impl Stream<Item = Part> + Send + 'static {
    parts(["part "]).chain(stream::once(async move {
        // The first part shall be on its way before the stream ends.
        tokio::task::yield_now().await;
        last()
    }))
}

/// A body that tells its size, and that a server has no reason to poll to its end.
struct Exact {
    left: Vec<&'static str>,
}

impl Body for Exact {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(
            self.left
                .pop()
                .map(|part| Ok(Frame::data(Bytes::from_static(part.as_bytes())))),
        )
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left.iter().map(|part| part.len() as u64).sum())
    }
}
