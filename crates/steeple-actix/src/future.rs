use std::{
    future::Future,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll},
};

use actix_web::{
    Error, HttpResponse, ResponseError,
    body::MessageBody,
    dev::{ResourceMap, ServiceResponse},
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
        // A poll that panicked leaves no answer, and so does a call.
        let _ = this.observed.as_mut().poll_with(|future| {
            answered
                .get_or_insert_with(|| future.poll(context))
                .is_ready()
        });
        // Responses are large: this one is looked at where it is and moved once.
        let mut upgrade = None;
        if let Some(Poll::Ready(Ok(response))) = &mut answered {
            let observation = this.observed.as_mut().observation();
            upgrade = observation.upgrade(response.status().as_u16());
            respond(observation, response, this.request_id.take());
        }
        match answered {
            Some(Poll::Ready(Ok(response))) => {
                let observation = this.observed.observation().take();
                let (request, response) = response.into_parts();
                let response =
                    response.map_body(|_, body| ObservedBody::new(body, observation, upgrade));
                Poll::Ready(Ok(ServiceResponse::new(request, response)))
            }
            Some(Poll::Ready(Err(error))) => Poll::Ready(Err(this.fail(error))),
            Some(Poll::Pending) => Poll::Pending,
            None => Poll::Ready(Err(this.fail(HandlerPanicked.into()))),
        }
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

/// Takes in the head of a response and gives it the id.
fn respond<B: MessageBody>(
    observation: &mut Observation,
    response: &mut ServiceResponse<B>,
    request_id: Option<HeaderValue>,
) {
    if let Some(pattern) = response.request().match_pattern() {
        observation.matched_route(&pattern);
    }
    if let Some(error) = response.response().error() {
        let _ = observation.run(|| current::attach_message(error));
    }
    if let Some(id) = request_id {
        head::identify(observation, response.headers_mut(), id);
    }
    head::respond(observation, response.response());
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
    head::respond(observation, &response);
    observation.chunk(head::size(response.body()).unwrap_or(0) as usize);
    observation.finish();
    error.add_response_mapper(move |mut response| {
        let headers = response.headers_mut();
        headers.insert(head::X_REQUEST_ID, id.clone());
        response
    });
    error
}
