use std::{
    any,
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use http::{HeaderValue, Response, StatusCode, header::CONTENT_TYPE};
use http_body::Body;
use pin_project_lite::pin_project;
use steeple_core::Observation;

use crate::{
    body::{BoxError, GRPC_STATUS, INTERNAL, ObservedBody},
    head,
};

pin_project! {
    /// The future of a response that is observed.
    #[derive(Debug)]
    #[project = Projection]
    #[must_use = "futures do nothing unless polled"]
    pub struct ObserveFuture<F> {
        // Empty once it is done or has panicked.
        #[pin]
        inner: Option<F>,
        observation: Observation,
        request_id: Option<HeaderValue>,
    }

    impl<F> PinnedDrop for ObserveFuture<F> {
        fn drop(this: Pin<&mut Self>) {
            this.project().drop_inner();
        }
    }
}

impl<F> ObserveFuture<F> {
    #[inline]
    pub(crate) fn new(
        inner: Option<F>,
        observation: Observation,
        request_id: Option<HeaderValue>,
    ) -> Self {
        Self {
            inner,
            observation,
            request_id,
        }
    }
}

impl<F> Projection<'_, F> {
    /// Drops the handler's future while its observation is current.
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
}

impl<F, B, E> Future for ObserveFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
    B: Body,
    B::Error: Into<BoxError>,
{
    type Output = Result<Response<ObservedBody<B>>, E>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let mut answered = None;
        // A poll that panicked leaves no answer, and so does a call.
        let _ = this.observation.run(|| {
            let Some(inner) = this.inner.as_mut().as_pin_mut() else {
                return;
            };
            let polled = answered.get_or_insert_with(|| inner.poll(context));
            if polled.is_ready() {
                this.inner.set(None);
            }
        });
        // Responses are large: this one is looked at where it is and moved once.
        if let Some(Poll::Ready(Ok(response))) = &mut answered {
            head::respond(this.observation, response, this.request_id.take());
        }
        match answered {
            Some(Poll::Pending) => Poll::Pending,
            Some(Poll::Ready(Ok(response))) => {
                let observation = this.observation.take();
                Poll::Ready(Ok(response.map(|body| ObservedBody::new(body, observation))))
            }
            Some(Poll::Ready(Err(error))) => {
                this.observation.fail(error_type::<E>());
                Poll::Ready(Err(error))
            }
            None => {
                this.drop_inner();
                Poll::Ready(Ok(panicked(this.observation, this.request_id.take())))
            }
        }
    }
}

/// The name of an error's type, or what the
/// [conventions](https://github.com/open-telemetry/semantic-conventions/blob/v1.44.0/docs/registry/attributes/error.md) have
/// for one that is hidden in a box.
fn error_type<E>() -> &'static str {
    let name = any::type_name::<E>();
    if name.contains("dyn ") {
        "_OTHER"
    } else {
        name
    }
}

/// The answer to a request whose handler panicked.
fn panicked<B: Body>(
    observation: &mut Observation,
    request_id: Option<HeaderValue>,
) -> Response<ObservedBody<B>>
where
    B::Error: Into<BoxError>,
{
    let mut response = Response::new(ObservedBody::default());
    if observation.is_grpc() {
        response
            .headers_mut()
            .insert(CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
        response.headers_mut().insert(GRPC_STATUS, INTERNAL);
    } else {
        *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
    }
    head::respond(observation, &mut response, request_id);
    response
}
