//! How a request or job ended.

use std::{any, fmt};

use crate::{grpc::GrpcStatus, label::OTHER};

/// The type of error of what took longer than somebody waits.
pub(crate) const TIMEOUT: &str = "timeout";
/// The type of error of a body that broke off.
pub(crate) const BODY_ERROR: &str = "body_error";

/// How a request or job ended, as every signal tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Outcome {
    /// It was answered, and the whole answer was handed to the server. That is not to say the client received it.
    Success,
    /// It was answered with a status of 400 to 499, or the body of the request broke off and it failed for that.
    ClientError,
    /// It was answered with a status of 500 or more, with a gRPC status that stands for a server's fault, or with what the
    /// application calls [a failure](crate::current::failed); or it failed without an answer.
    ServerError,
    /// The handler, a middleware inside ours or the body stream panicked. So it did where the application caught the panic
    /// before the head and answers with a status of 500 or more.
    Panicked,
    /// It was dropped before there was an answer: most often the client went away.
    CancelledBeforeHead,
    /// It was dropped before the body was complete: most often the client went away.
    CancelledInBody,
    /// The body stream failed, or ended short of the length that the head had told.
    BodyError,
    /// It ran into a time-out that was marked as one, or into the deadline of a gRPC call.
    TimedOut,
}

impl Outcome {
    /// The value of the label `outcome`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::ClientError => "client_error",
            Self::ServerError => "server_error",
            Self::Panicked => "panicked",
            Self::CancelledBeforeHead => "cancelled_before_head",
            Self::CancelledInBody => "cancelled_in_body",
            Self::BodyError => "body_error",
            Self::TimedOut => "timed_out",
        }
    }

    /// Whether the service is to blame.
    #[must_use]
    pub const fn is_failure(self) -> bool {
        matches!(
            self,
            Self::ServerError | Self::Panicked | Self::BodyError | Self::TimedOut
        )
    }

    /// What it is if the body of the request broke off: what failed for want of it is not the service's fault.
    #[cold]
    pub(crate) const fn of_broken_request(self) -> Self {
        match self {
            Self::ServerError => Self::ClientError,
            Self::BodyError => Self::CancelledInBody,
            other => other,
        }
    }

    pub(crate) const fn of_status(status: u16) -> Self {
        match status {
            500.. => Self::ServerError,
            400..500 => Self::ClientError,
            _ => Self::Success,
        }
    }

    pub(crate) const fn of_grpc_status(status: GrpcStatus) -> Self {
        match status {
            GrpcStatus::Ok => Self::Success,
            status if status.is_failure() => Self::ServerError,
            _ => Self::ClientError,
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What went wrong, as a value of the attribute
/// [`error.type`](https://github.com/open-telemetry/semantic-conventions/blob/v1.44.0/docs/registry/attributes/error.md).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorType {
    /// The status that was answered.
    Status(u16),
    /// The type of an error, or one of `panic`, `body_error`, `timeout` and `_OTHER`, or the status of a gRPC call.
    Named(&'static str),
}

impl ErrorType {
    /// What errors of the type `E` are called: by its name, or `_OTHER` where it hides theirs, as `Box<dyn Error>` does.
    #[must_use]
    pub fn name_of<E: ?Sized>() -> &'static str {
        Self::known_name_of::<E>().unwrap_or(OTHER)
    }

    /// The name of the type `E`, unless it hides that of its errors.
    pub(crate) fn known_name_of<E: ?Sized>() -> Option<&'static str> {
        Some(any::type_name::<E>()).filter(|name| !name.contains("dyn "))
    }
}

impl fmt::Display for ErrorType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status(status) => status.fmt(f),
            Self::Named(name) => f.write_str(name),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{error::Error, io};

    use super::*;

    #[test]
    fn an_error_is_called_by_its_type_unless_that_is_hidden() {
        assert_eq!(ErrorType::name_of::<io::Error>(), "std::io::error::Error");
        assert_eq!(ErrorType::name_of::<dyn Error>(), "_OTHER");
        assert_eq!(
            ErrorType::name_of::<Box<dyn Error + Send + Sync>>(),
            "_OTHER"
        );
        assert_eq!(ErrorType::known_name_of::<dyn Error + Send>(), None);
    }
}
