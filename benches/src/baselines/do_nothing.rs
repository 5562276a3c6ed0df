//! A layer that wraps service, future and body, holds one `Arc` throughout, and does nothing.

use std::{
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use http::Response;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;

/// The layer; each request clones its `Arc` into the future, which hands it to the body.
#[derive(Debug, Clone, Default)]
pub(crate) struct DoNothing(Arc<()>);

impl<S> Layer<S> for DoNothing {
    type Service = DoNothingService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        DoNothingService {
            inner,
            held: Arc::clone(&self.0),
        }
    }
}

#[derive(Debug, Clone)]
pub(crate) struct DoNothingService<S> {
    inner: S,
    held: Arc<()>,
}

impl<S, R, B> Service<R> for DoNothingService<S>
where
    S: Service<R, Response = Response<B>>,
{
    type Response = Response<DoNothingBody<B>>;
    type Error = S::Error;
    type Future = DoNothingFuture<S::Future>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: R) -> Self::Future {
        DoNothingFuture {
            inner: self.inner.call(request),
            held: Some(Arc::clone(&self.held)),
        }
    }
}

pin_project! {
    pub(crate) struct DoNothingFuture<F> {
        #[pin]
        inner: F,
        held: Option<Arc<()>>,
    }
}

impl<F, B, E> Future for DoNothingFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
{
    type Output = Result<Response<DoNothingBody<B>>, E>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let response = ready!(this.inner.poll(context))?;
        let held = this.held.take();
        Poll::Ready(Ok(response.map(|inner| DoNothingBody { inner, held })))
    }
}

pin_project! {
    pub(crate) struct DoNothingBody<B> {
        #[pin]
        inner: B,
        held: Option<Arc<()>>,
    }
}

impl<B: Body> Body for DoNothingBody<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        self.project().inner.poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
