use std::{borrow::Cow, error::Error};

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header::CONTENT_TYPE};
use steeple_core::Problem;

/// What a handler ends with if an error keeps it from its answer: the error is [attached](steeple_core::current::attach), and the
/// client is told the status and the id of the request alone, as [problem details](https://www.rfc-editor.org/rfc/rfc9457).
///
/// `?` makes one of every error, with the status 500.
///
/// ```
/// use axum::http::StatusCode;
/// use steeple_axum::HandlerError;
///
/// async fn order() -> Result<String, HandlerError> {
///     let rows: u32 = "3".parse()?;
///     let row = "1".parse().map_err(|error: std::num::ParseIntError| {
///         HandlerError::new(StatusCode::UNPROCESSABLE_ENTITY, error).detail("a row is a number")
///     })?;
///     Ok(rows.min(row).to_string())
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

impl IntoResponse for HandlerError {
    fn into_response(self) -> Response {
        let Self(error) = self;
        let status =
            StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let json = error.to_json(status.canonical_reason().unwrap_or_default());
        let content_type = HeaderValue::from_static(Problem::CONTENT_TYPE);
        (status, [(CONTENT_TYPE, content_type)], json).into_response()
    }
}
