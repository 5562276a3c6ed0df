use http::{HeaderValue, Response, StatusCode, header::CONTENT_TYPE};
use http_body::Body;
use steeple_core::{Answer, ErrorType, Observation, Unanswered};

use crate::{
    body::{BoxError, GRPC_STATUS, INTERNAL, ObservedBody},
    head,
};

/// What is kept of a request until its answer.
#[derive(Debug)]
pub struct UnansweredRequest {
    pub(crate) request_id: Option<HeaderValue>,
}

impl Unanswered for UnansweredRequest {}

impl<B, E> Answer<Response<B>, E> for UnansweredRequest
where
    B: Body,
    B::Error: Into<BoxError>,
{
    type Response = Response<ObservedBody<B>>;

    #[inline(always)]
    fn answered(&mut self, observation: &mut Observation, response: &mut Response<B>) {
        head::respond(observation, response, self.request_id.take());
    }

    #[inline(always)]
    fn hand_on(&mut self, observation: Observation, response: Response<B>) -> Self::Response {
        response.map(|body| ObservedBody::new(body, observation))
    }

    #[cold]
    fn failed(
        &mut self,
        observation: &mut Observation,
        error: Option<E>,
    ) -> Result<Self::Response, E> {
        if let Some(error) = error {
            observation.fail(ErrorType::name_of::<E>());
            return Err(error);
        }
        let mut response = Response::new(ObservedBody::default());
        if observation.fails_as_grpc() {
            let headers = response.headers_mut();
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
            headers.insert(GRPC_STATUS, INTERNAL);
        } else {
            *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
        }
        head::respond(observation, &mut response, self.request_id.take());
        Ok(response)
    }
}
