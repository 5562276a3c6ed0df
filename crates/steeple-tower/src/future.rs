use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use http::{HeaderValue, Response, StatusCode, header::CONTENT_TYPE};
use http_body::Body;
use pin_project_lite::pin_project;
use steeple_core::{ErrorType, Observation, Observed};

use crate::{
    body::{BoxError, GRPC_STATUS, INTERNAL, ObservedBody},
    head,
};

pin_project! {
    /// The future of a response that is observed.
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct ObserveFuture<F> {
        #[pin]
        observed: Observed<F>,
        request_id: Option<HeaderValue>,
    }
}

impl<F> ObserveFuture<F> {
    /// `None` for a call that panicked.
    #[inline]
    pub(crate) fn new(
        called: Option<F>,
        observation: Observation,
        request_id: Option<HeaderValue>,
    ) -> Self {
        Self {
            observed: Observed::new(called, observation),
            request_id,
        }
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
        let this = self.project();
        let mut observed = this.observed;
        let mut answered = None;
        // A poll that panicked leaves no answer, and so does a call.
        let _ = observed.as_mut().poll_with(|future| {
            answered
                .get_or_insert_with(|| future.poll(context))
                .is_ready()
        });
        let observation = observed.observation();
        // Responses are large: this one is looked at where it is and moved once.
        if let Some(Poll::Ready(Ok(response))) = &mut answered {
            head::respond(observation, response, this.request_id.take());
        }
        match answered {
            Some(Poll::Ready(Ok(response))) => {
                let observation = observation.take();
                Poll::Ready(Ok(response.map(|body| ObservedBody::new(body, observation))))
            }
            Some(Poll::Ready(Err(error))) => {
                observation.fail(ErrorType::name_of::<E>());
                Poll::Ready(Err(error))
            }
            Some(Poll::Pending) => Poll::Pending,
            None => Poll::Ready(Ok(panicked(observation, this.request_id.take()))),
        }
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
