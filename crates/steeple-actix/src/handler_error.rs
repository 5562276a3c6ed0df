use std::{borrow::Cow, error::Error, fmt};

use actix_web::{HttpResponse, ResponseError, http::StatusCode};
use steeple_core::Problem;

/// What a handler ends with if an error keeps it from its answer: the error is [attached](steeple_core::current::attach), and the
/// client is told the status and the id of the request alone, as [problem details](https://www.rfc-editor.org/rfc/rfc9457).
///
/// `?` makes one of every error, with the status 500.
///
/// ```
/// use actix_web::{http::StatusCode, web};
/// use steeple_actix::HandlerError;
///
/// async fn order() -> Result<web::Json<u32>, HandlerError> {
///     let rows: u32 = "3".parse()?;
///     let row = "1".parse().map_err(|error: std::num::ParseIntError| {
///         HandlerError::new(StatusCode::UNPROCESSABLE_ENTITY, error).detail("a row is a number")
///     })?;
///     Ok(web::Json(rows.min(row)))
/// }
/// ```
#[derive(Debug)]
pub struct HandlerError(steeple_core::HandlerError);

impl HandlerError {
    /// Answers with `status`. If that is a failure of the service, the error is what went wrong.
    pub fn new<E: Error + Send + Sync + 'static>(status: StatusCode, error: E) -> Self {
        Self(steeple_core::HandlerError::new(status.as_u16(), error))
    }

    /// Tells the client this besides the status. Default: nothing.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<Cow<'static, str>>) -> Self {
        self.0.set_detail(detail.into());
        self
    }
}

/// With the status 500.
impl<E: Error + Send + Sync + 'static> From<E> for HandlerError {
    fn from(error: E) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, error)
    }
}

/// The status alone: other middleware may show it to the client.
impl fmt::Display for HandlerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.status_code().fmt(f)
    }
}

impl ResponseError for HandlerError {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.0.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    fn error_response(&self) -> HttpResponse {
        let status = self.status_code();
        let json = self
            .0
            .to_json(status.canonical_reason().unwrap_or_default());
        HttpResponse::build(status)
            .content_type(Problem::CONTENT_TYPE)
            .body(json)
    }
}
