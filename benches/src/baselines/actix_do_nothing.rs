//! A middleware for actix-web that wraps service, future and body, holds one `Arc` throughout, and does nothing.

use std::{
    future::{Future, Ready, ready},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use actix_web::{
    Error,
    body::{BodySize, MessageBody},
    dev::{Service, ServiceRequest, ServiceResponse, Transform, forward_ready},
    web::Bytes,
};
use pin_project_lite::pin_project;

/// The middleware; each request clones its `Arc` into the future, which hands it to the body.
#[derive(Debug, Clone, Default)]
pub(crate) struct ActixDoNothing(Arc<()>);

impl<S, B> Transform<S, ServiceRequest> for ActixDoNothing
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
    B: MessageBody,
{
    type Response = ServiceResponse<DoNothingBody<B>>;
    type Error = Error;
    type Transform = DoNothingService<S>;
    type InitError = ();
    type Future = Ready<Result<Self::Transform, ()>>;

    fn new_transform(&self, inner: S) -> Self::Future {
        let held = Arc::clone(&self.0);
        ready(Ok(DoNothingService { inner, held }))
    }
}

pub(crate) struct DoNothingService<S> {
    inner: S,
    held: Arc<()>,
}

impl<S, B> Service<ServiceRequest> for DoNothingService<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
    B: MessageBody,
{
    type Response = ServiceResponse<DoNothingBody<B>>;
    type Error = Error;
    type Future = DoNothingFuture<S::Future>;

    forward_ready!(inner);

    fn call(&self, request: ServiceRequest) -> Self::Future {
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

impl<F, B> Future for DoNothingFuture<F>
where
    F: Future<Output = Result<ServiceResponse<B>, Error>>,
{
    type Output = Result<ServiceResponse<DoNothingBody<B>>, Error>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let response = ready!(this.inner.poll(context))?;
        let held = this.held.take();
        Poll::Ready(Ok(
            response.map_body(|_, inner| DoNothingBody { inner, held })
        ))
    }
}

pin_project! {
    pub(crate) struct DoNothingBody<B> {
        #[pin]
        inner: B,
        held: Option<Arc<()>>,
    }
}

impl<B: MessageBody> MessageBody for DoNothingBody<B> {
    type Error = B::Error;

    fn size(&self) -> BodySize {
        self.inner.size()
    }

    fn poll_next(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, B::Error>>> {
        self.project().inner.poll_next(context)
    }
}
