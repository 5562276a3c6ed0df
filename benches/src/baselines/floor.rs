//! The hand-written floor: a pair of clock reads, a counter, a histogram and a gauge, atomics by
//! hand, one series, nothing settled later than the response head.

use std::{
    future::Future,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU64, Ordering::Relaxed},
    },
    task::{Context, Poll, ready},
    time::Instant,
};

use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;

use crate::record::FloorHistogram;

#[derive(Debug, Default)]
pub(super) struct Figures {
    pub(super) active: AtomicI64,
    pub(super) requests: AtomicU64,
    pub(super) duration: FloorHistogram,
}

/// The layer that keeps the figures.
#[derive(Debug, Clone, Default)]
pub(crate) struct Floor(Arc<Figures>);

impl<S> Layer<S> for Floor {
    type Service = FloorService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        FloorService {
            inner,
            figures: Arc::clone(&self.0),
        }
    }
}

#[derive(Debug, Clone)]
pub(crate) struct FloorService<S> {
    inner: S,
    figures: Arc<Figures>,
}

impl<S, R> Service<R> for FloorService<S>
where
    S: Service<R>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = FloorFuture<S::Future>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: R) -> Self::Future {
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

impl<F: Future> Future for FloorFuture<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let output = ready!(this.inner.poll(context));
        this.figures.active.fetch_sub(1, Relaxed);
        this.figures.requests.fetch_add(1, Relaxed);
        this.figures.duration.record(this.start.elapsed());
        Poll::Ready(output)
    }
}
