use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use actix_web::{Error, ResponseError, body::MessageBody, dev::ServiceResponse};
use pin_project_lite::pin_project;
use steeple_core::{Observation, current};

use crate::{body::ObservedBody, destination::Destination, head, panicked::HandlerPanicked};

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
        destination: Destination,
    }

    impl<F> PinnedDrop for ObserveFuture<F> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            if this.inner.is_some() {
                this.give_up();
            }
        }
    }
}

impl<F> ObserveFuture<F> {
    /// Lets `call` make the future to observe; if it panics, there is none.
    pub(crate) fn new(
        mut observation: Observation,
        destination: Destination,
        call: impl FnOnce() -> Option<F>,
    ) -> Self {
        let inner = observation.run(call).ok().flatten();
        Self {
            inner,
            observation,
            destination,
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
        let _ = this.observation.run(|| {
            let Some(inner) = this.inner.as_mut().as_pin_mut() else {
                return;
            };
            let polled = answered.insert(inner.poll(context));
            if polled.is_ready() {
                this.inner.set(None);
            }
            if let Poll::Ready(Ok(response)) = polled {
                tell_route(response.request().match_pattern());
                if let Some(error) = response.response().error() {
                    current::attach_message(error);
                }
            }
        });
        match answered {
            Some(Poll::Pending) => Poll::Pending,
            Some(Poll::Ready(Ok(response))) => Poll::Ready(Ok(this.respond(response))),
            Some(Poll::Ready(Err(error))) => Poll::Ready(Err(this.fail(error))),
            None => Poll::Ready(Err(this.panicked())),
        }
    }
}

impl<F> Projection<'_, F> {
    fn respond<B: MessageBody>(
        &mut self,
        mut response: ServiceResponse<B>,
    ) -> ServiceResponse<ObservedBody<B>> {
        head::identify(self.observation, response.response_mut());
        let upgrade = self.observation.upgrade(response.status().as_u16());
        head::respond(self.observation, response.response());
        let observation = self.observation.take();
        response.map_body(|_, body| ObservedBody::new(body, observation, upgrade))
    }

    /// Settles an error that took the place of a response; what it answers with is made anew where it gets to the server.
    fn fail(&mut self, mut error: Error) -> Error {
        if self.observation.request_id().is_none() {
            return error;
        }
        let response = self.observation.run(|| {
            tell_route(self.destination.pattern());
            // The error may attach itself, by its own type, when it answers.
            let response = error.error_response();
            current::attach_message(&error);
            response
        });
        let Ok(mut response) = response else {
            return self.panicked();
        };
        head::identify(self.observation, &mut response);
        let request_id = head::request_id(self.observation);
        head::respond(self.observation, &response);
        self.observation
            .chunk(head::size(response.body()).unwrap_or(0) as usize);
        self.observation.finish();
        error.add_response_mapper(move |mut response| {
            head::set_request_id(&mut response, request_id.as_ref());
            response
        });
        error
    }

    /// The answer to a request whose handler panicked.
    fn panicked(&mut self) -> Error {
        self.give_up();
        let request_id = head::request_id(self.observation);
        let error = HandlerPanicked { request_id };
        head::respond(self.observation, &error.error_response());
        error.into()
    }

    /// Drops the handler's future, if there is one, while its observation is current.
    fn give_up(&mut self) {
        // A panic in it is recorded; there is nothing else to do about it.
        let _ = self.observation.run(|| {
            tell_route(self.destination.pattern());
            self.inner.set(None);
        });
    }
}

/// Tells the current observation what only the answered request knows.
#[inline]
fn tell_route(pattern: Option<String>) {
    if let Some(pattern) = pattern {
        current::matched_route(&pattern);
    }
}
