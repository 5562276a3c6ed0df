use actix_web::{
    HttpResponse, ResponseError,
    http::{StatusCode, header::HeaderValue},
};

use crate::head;

/// What was observed panicked before the response's head. It answers with an empty 500.
#[derive(Debug, thiserror::Error)]
#[error("the handler panicked")]
pub struct HandlerPanicked {
    pub(crate) request_id: Option<HeaderValue>,
}

impl ResponseError for HandlerPanicked {
    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::new(StatusCode::INTERNAL_SERVER_ERROR);
        head::set_request_id(&mut response, self.request_id.as_ref());
        response
    }
}
