//! The hand-written floor for actix-web: what [`Floor`](super::Floor) keeps, and the route, asked for after routing.

use std::{
    future::{Future, Ready, ready},
    hint::black_box,
    pin::Pin,
    sync::{Arc, atomic::Ordering::Relaxed},
    task::{Context, Poll, ready},
    time::Instant,
};

use actix_web::{
    Error,
    dev::{Service, ServiceRequest, ServiceResponse, Transform, forward_ready},
};
use pin_project_lite::pin_project;

use super::floor::Figures;

/// The middleware that keeps the figures.
#[derive(Debug, Clone, Default)]
pub(crate) struct ActixFloor(Arc<Figures>);

impl<S, B> Transform<S, ServiceRequest> for ActixFloor
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
{
    type Response = ServiceResponse<B>;
    type Error = Error;
    type Transform = FloorService<S>;
    type InitError = ();
    type Future = Ready<Result<Self::Transform, ()>>;

    fn new_transform(&self, inner: S) -> Self::Future {
        let figures = Arc::clone(&self.0);
        ready(Ok(FloorService { inner, figures }))
    }
}

pub(crate) struct FloorService<S> {
    inner: S,
    figures: Arc<Figures>,
}

impl<S, B> Service<ServiceRequest> for FloorService<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
{
    type Response = ServiceResponse<B>;
    type Error = Error;
    type Future = FloorFuture<S::Future>;

    forward_ready!(inner);

    fn call(&self, request: ServiceRequest) -> Self::Future {
        let start = Instant::now();
        self.figures.active.fetch_add(1, Relaxed);
        FloorFuture {
            inner: self.inner.call(request),
            figures: Arc::clone(&self.figures),
            start,
        }
    }
}

pin_project! {
    pub(crate) struct FloorFuture<F> {
        #[pin]
        inner: F,
        figures: Arc<Figures>,
        start: Instant,
    }
}

impl<F, B> Future for FloorFuture<F>
where
    F: Future<Output = Result<ServiceResponse<B>, Error>>,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let response = ready!(this.inner.poll(context))?;
        black_box(response.request().match_pattern());
        this.figures.active.fetch_sub(1, Relaxed);
        this.figures.requests.fetch_add(1, Relaxed);
        this.figures.duration.record(this.start.elapsed());
        Poll::Ready(Ok(response))
    }
}
