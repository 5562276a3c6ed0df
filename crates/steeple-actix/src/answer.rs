use std::{cell::Cell, rc::Rc};

use actix_web::{
    Error,
    body::MessageBody,
    dev::{ResourceMap, ServiceResponse},
    http::header::HeaderValue,
};
use steeple_core::{Answer, Observation, Observed, Unanswered, Upgrade, current};

use crate::{body::ObservedBody, handler_panicked::HandlerPanicked, head};

/// What is kept of a request until its answer. No part of the request: actix-web panics if somebody else holds one.
#[derive(Debug)]
pub struct UnansweredRequest {
    pub(crate) request_id: Option<HeaderValue>,
    /// What the connection goes on as, if it does.
    pub(crate) upgrade: Option<Upgrade>,
    pub(crate) routes: Rc<ResourceMap>,
}

impl Unanswered for UnansweredRequest {
    /// Finds the route of a request of which there is nothing left to ask. That is the first pattern that fits the path
    /// then, whatever its guards say; the search costs 7,000 instructions for 20 routes.
    #[cold]
    fn cancelled(&mut self, observation: &mut Observation) {
        if let Some(pattern) = self.routes.match_pattern(observation.path()) {
            observation.matched_route(&pattern);
        }
    }
}

impl<B: MessageBody> Answer<ServiceResponse<B>, Error> for UnansweredRequest {
    type Response = ServiceResponse<ObservedBody<B>>;

    #[inline(always)]
    fn answered(&mut self, observation: &mut Observation, response: &mut ServiceResponse<B>) {
        if let Some(pattern) = response.request().match_pattern() {
            observation.matched_route(&pattern);
        }
        if let Some(error) = response.response().error() {
            let _ = observation.run(|| current::attach_message(error));
        }
        self.upgrade = observation.upgrade(response.status().as_u16());
        head::respond(observation, response.response_mut(), &mut self.request_id);
    }

    #[inline(always)]
    fn hand_on(
        &mut self,
        observation: Observation,
        response: ServiceResponse<B>,
    ) -> Self::Response {
        response.map_body(|_, body| ObservedBody {
            observed: Observed::new(Some(body), observation),
            upgrade: self.upgrade.take(),
        })
    }

    /// Settles an error by what it answers with, which it keeps for the server.
    #[cold]
    fn failed(
        &mut self,
        observation: &mut Observation,
        error: Option<Error>,
    ) -> Result<Self::Response, Error> {
        self.cancelled(observation);
        let mut error = error.unwrap_or_else(|| HandlerPanicked.into());
        let made = observation.run(|| {
            // The error may attach itself, by its own type, when it answers.
            let response = error.error_response();
            current::attach_message(&error);
            response
        });
        let mut response = made.unwrap_or_else(|_| {
            error = HandlerPanicked.into();
            error.error_response()
        });
        head::respond(observation, &mut response, &mut self.request_id);
        observation.finish_unseen();
        // Asked again it may answer otherwise, and is in no request then: what it answered with goes out.
        let fields = response.headers().clone();
        let answer = Cell::new(Some(response));
        error.add_response_mapper(move |mut later| {
            later.headers_mut().clone_from(&fields);
            answer.take().unwrap_or(later)
        });
        Err(error)
    }
}
