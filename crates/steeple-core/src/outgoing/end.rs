//! How a request that went out comes to its end.

use crate::{outcome::ErrorType, outgoing::record::CANCELLED};

/// How a call ends.
#[derive(Clone, Copy, Debug)]
pub(crate) enum End {
    /// The answer is complete.
    Finished,
    /// Nobody wanted more of it.
    Dropped,
    /// By an error of this type.
    Failed(&'static str),
}

impl End {
    /// What went wrong, as far as HTTP tells, with a request that was answered with `status` if it was.
    pub(crate) fn error_of_http(self, status: Option<u16>) -> Option<ErrorType> {
        match (self, status) {
            (Self::Failed(error_type), _) => Some(ErrorType::Named(error_type)),
            (Self::Finished | Self::Dropped, None) => Some(ErrorType::Named(CANCELLED)),
            (Self::Finished | Self::Dropped, Some(status)) => {
                (status >= 400).then_some(ErrorType::Status(status))
            }
        }
    }
}
