use actix_web::{HttpResponse, ResponseError};

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
