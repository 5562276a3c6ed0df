use std::rc::Rc;

use actix_web::{
    Error, HttpResponse, ResponseError,
    body::MessageBody,
    dev::{ResourceMap, ServiceResponse},
    http::{header::HeaderValue, uri::PathAndQuery},
};
use steeple_core::{Answer, Observation, Observed, Unanswered, Upgrade, current};

use crate::{body::ObservedBody, head};

/// What was observed panicked before the response's head. It answers with an empty 500.
#[derive(Debug, thiserror::Error)]
#[error("the handler panicked")]
#[non_exhaustive]
pub struct HandlerPanicked;

impl ResponseError for HandlerPanicked {
    fn error_response(&self) -> HttpResponse {
        HttpResponse::InternalServerError().finish()
    }
}

/// What is kept of a request until its answer. No part of the request: actix-web panics if somebody else holds one.
#[derive(Debug)]
pub struct UnansweredRequest {
    pub(crate) request_id: Option<HeaderValue>,
    /// What the connection goes on as, if it does.
    pub(crate) upgrade: Option<Upgrade>,
    pub(crate) routes: Rc<ResourceMap>,
    pub(crate) path: Option<PathAndQuery>,
}

impl Unanswered for UnansweredRequest {
    /// Finds the route of a request of which there is nothing left to ask. That is the first pattern that fits the path
    /// then, whatever its guards say; the search costs 7,000 instructions for 20 routes.
    #[cold]
    fn cancelled(&mut self, observation: &mut Observation) {
        let path = self.path.as_ref().map(PathAndQuery::path);
        if let Some(pattern) = path.and_then(|path| self.routes.match_pattern(path)) {
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
        let response = response.response_mut();
        if let Some(error) = response.error() {
            let _ = observation.run(|| current::attach_message(error));
        }
        let size = response.body().size();
        let id = self.request_id.take();
        self.upgrade = head::respond(observation, response.head_mut(), size, id);
    }

    #[inline(always)]
    fn hand_on(
        &mut self,
        observation: Observation,
        response: ServiceResponse<B>,
    ) -> Self::Response {
        let upgrade = self.upgrade.take();
        response.map_body(|_, body| {
            let observed = Observed::new(Some(body), observation);
            ObservedBody { observed, upgrade }
        })
    }

    /// Settles an error; what it answers with is made anew where it gets to the server.
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
        let response = made.unwrap_or_else(|_| {
            error = HandlerPanicked.into();
            error.error_response()
        });
        let (mut response, body) = response.into_parts();
        let trace = head::trace_field(observation);
        let id = self.request_id.take();
        head::respond(observation, response.head_mut(), body.size(), id);
        observation.finish_unseen();
        let id = response.headers().get(head::X_REQUEST_ID).cloned();
        error.add_response_mapper(move |mut response| {
            let headers = response.headers_mut();
            if let Some(id) = &id {
                headers.insert(head::X_REQUEST_ID, id.clone());
            }
            if let Some((name, value)) = &trace {
                headers.append(name.clone(), value.clone());
            }
            response
        });
        Err(error)
    }
}
