use std::{
    error::Error,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Buf;
use http::{HeaderMap, HeaderName, HeaderValue};
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use steeple_core::{Observation, Observed};

use crate::head;

pub(crate) type BoxError = Box<dyn Error + Send + Sync>;

pub(crate) const GRPC_STATUS: HeaderName = HeaderName::from_static("grpc-status");
/// The [status](https://grpc.io/docs/guides/status-codes/) of a panic.
pub(crate) const INTERNAL: HeaderValue = HeaderValue::from_static("13");

/// A response's body broke off.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BodyError {
    /// The observed body failed.
    #[error(transparent)]
    Body(BoxError),
    /// The observed body panicked.
    #[error("the body stream panicked")]
    Panicked,
}

pin_project! {
    /// The body of a response that is observed to its end.
    #[derive(Debug)]
    pub struct ObservedBody<B> {
        #[pin]
        observed: Observed<B>,
    }
}

impl<B> ObservedBody<B> {
    pub(crate) fn new(body: B, observation: Observation) -> Self {
        Self {
            observed: Observed::new(Some(body), observation),
        }
    }
}

/// An empty body, which middleware such as tower-http's timeout answers with.
impl<B> Default for ObservedBody<B> {
    fn default() -> Self {
        Self {
            observed: Observed::new(None, Observation::of_nothing()),
        }
    }
}

impl<B> Body for ObservedBody<B>
where
    B: Body,
    B::Error: Into<BoxError>,
{
    type Data = B::Data;
    type Error = BodyError;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, BodyError>>> {
        self.project().observed.poll_piece(
            |body| body.poll_frame(context),
            // Trailers are the last frame: servers ask for none behind them.
            |body, frame| frame.is_trailers() || body.is_end_stream(),
            observe,
            |error| BodyError::Body(error.into()),
            |observation, _| panicked(observation.is_grpc()),
        )
    }

    fn is_end_stream(&self) -> bool {
        self.observed.part().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        let body = self.observed.part();
        body.map_or(SizeHint::with_exact(0), Body::size_hint)
    }
}

fn observe<D: Buf>(observation: &mut Observation, frame: &Frame<D>) {
    if let Some(data) = frame.data_ref() {
        observation.chunk(data.remaining());
    } else if let Some(trailers) = frame.trailers_ref() {
        head::trailers(observation, trailers);
    }
}

/// How a body ends that panicked.
#[cold]
fn panicked<D>(grpc: bool) -> Result<Frame<D>, BodyError> {
    if !grpc {
        return Err(BodyError::Panicked);
    }
    let trailers = HeaderMap::from_iter([(GRPC_STATUS, INTERNAL)]);
    Ok(Frame::trailers(trailers))
}
