use std::{
    error::Error,
    pin::Pin,
    task::{Context, Poll},
};

use http::{HeaderMap, HeaderName, HeaderValue};
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use steeple_core::Observation;

use crate::head::Fields;

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
    #[project = Projection]
    pub struct ObservedBody<B> {
        // Empty once it is over, and where a panicking handler left none.
        #[pin]
        inner: Option<B>,
        observation: Observation,
    }

    impl<B> PinnedDrop for ObservedBody<B> {
        fn drop(this: Pin<&mut Self>) {
            this.project().drop_inner();
        }
    }
}

impl<B> ObservedBody<B> {
    pub(crate) fn new(inner: B, observation: Observation) -> Self {
        Self {
            inner: Some(inner),
            observation,
        }
    }
}

/// An empty body, which middleware such as tower-http's timeout answers with.
impl<B> Default for ObservedBody<B> {
    fn default() -> Self {
        Self {
            inner: None,
            observation: Observation::of_nothing(),
        }
    }
}

impl<B> Projection<'_, B> {
    /// Drops the body while its observation is current.
    #[inline(always)]
    fn drop_inner(&mut self) {
        if self.inner.is_some() {
            self.drop_unfinished();
        }
    }

    #[inline(never)]
    fn drop_unfinished(&mut self) {
        // A panic in it is recorded; there is nothing else to do about it.
        let _ = self.observation.run(|| self.inner.set(None));
    }

    fn panicked<D>(&mut self) -> Option<Result<Frame<D>, BodyError>> {
        let grpc = self.observation.is_grpc();
        self.drop_inner();
        self.observation.finish();
        Some(if grpc {
            Ok(Frame::trailers(HeaderMap::from_iter([(
                GRPC_STATUS,
                INTERNAL,
            )])))
        } else {
            Err(BodyError::Panicked)
        })
    }
}

impl<B: Body> Projection<'_, B> {
    fn observe(&mut self, frame: &Frame<B::Data>) {
        if let Some(data) = frame.data_ref() {
            self.observation.chunk(bytes::Buf::remaining(data));
        } else if let Some(trailers) = frame.trailers_ref() {
            self.observation.trailers(&Fields::new(trailers));
        }
    }
}

type Polled<D> = Poll<Option<Result<Frame<D>, BodyError>>>;

/// Whether `body` has nothing to give after `polled`.
fn is_last<B: Body>(polled: &Polled<B::Data>, body: &B) -> bool {
    match polled {
        Poll::Pending => false,
        // Trailers are the last frame: servers ask for none behind them.
        Poll::Ready(Some(Ok(frame))) => frame.is_trailers() || body.is_end_stream(),
        Poll::Ready(Some(Err(_)) | None) => true,
    }
}

impl<B> Body for ObservedBody<B>
where
    B: Body,
    B::Error: Into<BoxError>,
{
    type Data = B::Data;
    type Error = BodyError;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Polled<B::Data> {
        let mut this = self.project();
        // Frames are large: this one is written where the caller wants it and looked at there.
        let mut polled = Poll::Ready(None);
        if this.inner.is_none() {
            return polled;
        }
        let mut panicked = true;
        let _ = this.observation.run(|| {
            let Some(mut inner) = this.inner.as_mut().as_pin_mut() else {
                return;
            };
            let frame = inner.as_mut().poll_frame(context);
            polled = frame.map_err(|error| BodyError::Body(error.into()));
            panicked = false;
            // A panic in the drop of a body that is over is recorded, and takes nothing back.
            if is_last(&polled, &*inner) {
                this.inner.set(None);
            }
        });
        match &polled {
            _ if panicked => polled = Poll::Ready(this.panicked()),
            Poll::Pending => {}
            Poll::Ready(Some(Ok(frame))) => {
                this.observe(frame);
                if this.inner.is_none() {
                    this.observation.finish();
                }
            }
            Poll::Ready(Some(Err(_))) => this.observation.fail("body_error"),
            Poll::Ready(None) => this.observation.finish(),
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.inner.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.inner
            .as_ref()
            .map_or(SizeHint::with_exact(0), Body::size_hint)
    }
}
