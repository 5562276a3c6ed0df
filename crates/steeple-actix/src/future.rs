use std::{
    future::Future,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll},
};

use actix_web::{
    Error, HttpResponse, ResponseError,
    body::MessageBody,
    dev::{ResourceMap, ResponseHead, ServiceResponse},
    http::{StatusCode, header::HeaderValue, uri::PathAndQuery},
};
use pin_project_lite::pin_project;
use steeple_core::{Observation, Observed, current};

use crate::{body::ObservedBody, head};

/// What was observed panicked before the response's head. It answers with an empty 500.
#[derive(Debug, thiserror::Error)]
#[error("the handler panicked")]
#[non_exhaustive]
pub struct HandlerPanicked;

impl ResponseError for HandlerPanicked {
    fn error_response(&self) -> HttpResponse {
        HttpResponse::new(StatusCode::INTERNAL_SERVER_ERROR)
    }
}

pin_project! {
    /// The future of a response that is observed.
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    #[project = Projection]
    pub struct ObserveFuture<F> {
        #[pin]
        pub(crate) observed: Observed<F>,
        pub(crate) request_id: Option<HeaderValue>,
        // No part of the request: actix-web panics if somebody else holds one.
        pub(crate) routes: Rc<ResourceMap>,
        pub(crate) path: Option<PathAndQuery>,
    }

    impl<F> PinnedDrop for ObserveFuture<F> {
        fn drop(this: Pin<&mut Self>) {
            if this.observed.part().is_some() {
                this.project().unanswered();
            }
        }
    }
}

impl<F, B> Future for ObserveFuture<F>
where
    F: Future<Output = Result<ServiceResponse<B>, Error>>,
    B: MessageBody,
{
    type Output = Result<ServiceResponse<ObservedBody<B>>, Error>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let mut answered = None;
        let polled = this
            .observed
            .as_mut()
            .poll_with(|future| match future.poll(context) {
                Poll::Pending => false,
                Poll::Ready(answer) => {
                    answered = Some(answer);
                    true
                }
            });
        if answered.is_none() && polled.is_ok() {
            return Poll::Pending;
        }
        // Responses are large: this one is looked at where it is and moved once.
        if let Some(Ok(response)) = &answered {
            look_at(this.observed.as_mut().observation(), response);
        }
        Poll::Ready(match answered {
            Some(Ok(response)) => {
                let observation = this.observed.observation();
                let (request, response) = response.into_parts();
                let response = response
                    .map_body(|head, body| answer(observation, head, body, this.request_id));
                Ok(ServiceResponse::new(request, response))
            }
            Some(Err(error)) => Err(this.fail(error)),
            None => Err(this.fail(HandlerPanicked.into())),
        })
    }
}

impl<F> Projection<'_, F> {
    #[cold]
    fn fail(&mut self, error: Error) -> Error {
        let id = self.request_id.take();
        fail(self.unanswered(), error, id)
    }

    /// The observation of a request of which there is nothing left to ask for its route. That is the first pattern that fits
    /// the path then, whatever its guards say; the search costs 7,000 instructions for 20 routes.
    #[cold]
    fn unanswered(&mut self) -> &mut Observation {
        let observation = self.observed.as_mut().observation();
        let path = self.path.as_ref().map(PathAndQuery::path);
        if let Some(pattern) = path.and_then(|path| self.routes.match_pattern(path)) {
            observation.matched_route(&pattern);
        }
        observation
    }
}

/// Takes in what is known of a response besides its head and its body.
#[inline]
fn look_at<B>(observation: &mut Observation, response: &ServiceResponse<B>) {
    if let Some(pattern) = response.request().match_pattern() {
        observation.matched_route(&pattern);
    }
    if let Some(error) = response.response().error() {
        let _ = observation.run(|| current::attach_message(error));
    }
}

/// Takes in a response, gives it the id and hands its observation on to its body.
#[inline]
fn answer<B: MessageBody>(
    observation: &mut Observation,
    head: &mut ResponseHead,
    body: B,
    request_id: &mut Option<HeaderValue>,
) -> ObservedBody<B> {
    if let Some(id) = request_id.take() {
        head::identify(observation, head.headers_mut(), id);
    }
    let upgrade = observation.upgrade(head.status.as_u16());
    head::respond(observation, head, &body);
    ObservedBody::new(body, observation.take(), upgrade)
}

/// Settles an error that took the place of a response; what it answers with is made anew where it gets to the server.
#[cold]
fn fail(observation: &mut Observation, mut error: Error, request_id: Option<HeaderValue>) -> Error {
    let Some(mut id) = request_id else {
        return error;
    };
    let response = observation.run(|| {
        // The error may attach itself, by its own type, when it answers.
        let response = error.error_response();
        current::attach_message(&error);
        response
    });
    let Ok(response) = response else {
        return fail(observation, HandlerPanicked.into(), Some(id));
    };
    if let Some(own) = response.headers().get(head::X_REQUEST_ID)
        && observation.adopt_request_id(own.as_bytes())
    {
        id = own.clone();
    }
    head::respond(observation, response.head(), response.body());
    observation.chunk(head::size(response.body()).unwrap_or(0) as usize);
    observation.finish();
    error.add_response_mapper(move |mut response| {
        let headers = response.headers_mut();
        headers.insert(head::X_REQUEST_ID, id.clone());
        response
    });
    error
}
