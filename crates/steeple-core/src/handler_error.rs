//! An error that a handler ends with.

use std::{borrow::Cow, error::Error, fmt};

use crate::{current, problem::Problem};

/// An error that a handler ends with: reported whole, of which the client learns the status alone. For adapters, which make
/// responses of it.
pub struct HandlerError {
    status: u16,
    detail: Option<Cow<'static, str>>,
    error: Box<dyn Error + Send + Sync>,
}

impl HandlerError {
    /// Answers with `status`. If that is a failure of the service, the error is what went wrong, with all that caused it.
    pub fn new<E: Error + Send + Sync + 'static>(status: u16, error: E) -> Self {
        // Here its type is known, and where it comes from.
        current::attach(&error);
        Self {
            status,
            detail: None,
            error: error.into(),
        }
    }

    /// Sets what the client may know besides the status. Default: nothing.
    pub fn set_detail(&mut self, detail: Cow<'static, str>) {
        self.detail = Some(detail);
    }

    /// The status.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.status
    }

    /// What the client is told, where `title` is the name of the status.
    #[must_use]
    pub fn to_json(&self, title: &str) -> String {
        // One that was made where no request was current is told to the one that answers.
        current::attach_if_none(&*self.error);
        let request_id = current::request_id();
        let problem = Problem {
            status: self.status,
            title,
            detail: self.detail.as_deref(),
            request_id: request_id.as_ref(),
        };
        problem.to_json()
    }
}

impl fmt::Debug for HandlerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HandlerError")
            .field("status", &self.status)
            .field("error", &self.error)
            .finish_non_exhaustive()
    }
}
