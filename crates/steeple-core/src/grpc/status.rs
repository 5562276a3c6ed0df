//! How a gRPC call ends.

use std::fmt;

/// The [status](https://github.com/grpc/grpc/blob/v1.76.0/doc/statuscodes.md) of a gRPC call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum GrpcStatus {
    /// It succeeded.
    Ok,
    /// Its caller gave it up.
    Cancelled,
    /// It failed, and there is no better word for how; or it ended without a status.
    Unknown,
    /// The caller asked for something that is never valid.
    InvalidArgument,
    /// It took longer than its caller waits.
    DeadlineExceeded,
    /// What it asks for does not exist.
    NotFound,
    /// What it would create exists.
    AlreadyExists,
    /// The caller may not do it.
    PermissionDenied,
    /// A quota or another limit is used up.
    ResourceExhausted,
    /// The state of the system does not permit it.
    FailedPrecondition,
    /// It collided with another one.
    Aborted,
    /// It went past the end of what is valid.
    OutOfRange,
    /// There is no such method.
    Unimplemented,
    /// The service is broken.
    Internal,
    /// The service cannot do it now.
    Unavailable,
    /// Data is lost for good.
    DataLoss,
    /// The caller did not show who it is.
    Unauthenticated,
}

impl GrpcStatus {
    /// All of them, each at the place of its number.
    const ALL: [Self; 17] = [
        Self::Ok,
        Self::Cancelled,
        Self::Unknown,
        Self::InvalidArgument,
        Self::DeadlineExceeded,
        Self::NotFound,
        Self::AlreadyExists,
        Self::PermissionDenied,
        Self::ResourceExhausted,
        Self::FailedPrecondition,
        Self::Aborted,
        Self::OutOfRange,
        Self::Unimplemented,
        Self::Internal,
        Self::Unavailable,
        Self::DataLoss,
        Self::Unauthenticated,
    ];

    /// Reads the value of `grpc-status`; what is none of the known numbers is [`Unknown`](Self::Unknown), as it is to
    /// clients.
    #[must_use]
    pub fn read(value: &[u8]) -> Self {
        let number = match value {
            [ones @ b'0'..=b'9'] => ones - b'0',
            [b'1', ones @ b'0'..=b'6'] => 10 + ones - b'0',
            _ => return Self::Unknown,
        };
        Self::ALL[usize::from(number)]
    }

    /// What a client [makes](https://github.com/grpc/grpc/blob/v1.76.0/doc/http-grpc-status-mapping.md) of an answer of HTTP that
    /// tells none.
    pub(crate) const fn of_http(status: u16) -> Self {
        match status {
            400 => Self::Internal,
            401 => Self::Unauthenticated,
            403 => Self::PermissionDenied,
            404 => Self::Unimplemented,
            429 | 502..=504 => Self::Unavailable,
            _ => Self::Unknown,
        }
    }

    /// The name in capitals, `DEADLINE_EXCEEDED`: the attribute `rpc.status_code`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::Cancelled => "CANCELLED",
            Self::Unknown => "UNKNOWN",
            Self::InvalidArgument => "INVALID_ARGUMENT",
            Self::DeadlineExceeded => "DEADLINE_EXCEEDED",
            Self::NotFound => "NOT_FOUND",
            Self::AlreadyExists => "ALREADY_EXISTS",
            Self::PermissionDenied => "PERMISSION_DENIED",
            Self::ResourceExhausted => "RESOURCE_EXHAUSTED",
            Self::FailedPrecondition => "FAILED_PRECONDITION",
            Self::Aborted => "ABORTED",
            Self::OutOfRange => "OUT_OF_RANGE",
            Self::Unimplemented => "UNIMPLEMENTED",
            Self::Internal => "INTERNAL",
            Self::Unavailable => "UNAVAILABLE",
            Self::DataLoss => "DATA_LOSS",
            Self::Unauthenticated => "UNAUTHENTICATED",
        }
    }

    /// What a client calls the error, which everything but success is to it, as the
    /// [conventions](https://github.com/open-telemetry/semantic-conventions/blob/v1.44.0/docs/rpc/grpc.md#client) have it.
    pub(crate) fn client_error(self) -> Option<&'static str> {
        (self != Self::Ok).then_some(self.as_str())
    }

    /// Whether the service is to blame, as the
    /// [conventions](https://github.com/open-telemetry/semantic-conventions/blob/v1.44.0/docs/rpc/grpc.md#server) have it.
    #[must_use]
    pub const fn is_failure(self) -> bool {
        matches!(
            self,
            Self::Unknown
                | Self::DeadlineExceeded
                | Self::Unimplemented
                | Self::Internal
                | Self::Unavailable
                | Self::DataLoss
        )
    }
}

impl fmt::Display for GrpcStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_read_by_its_number() {
        assert_eq!(GrpcStatus::read(b"0"), GrpcStatus::Ok);
        assert_eq!(GrpcStatus::read(b"14"), GrpcStatus::Unavailable);
        for (number, status) in GrpcStatus::ALL.into_iter().enumerate() {
            assert_eq!(status as usize, number, "{status}");
        }
    }

    #[test]
    fn a_status_that_is_no_known_number_is_unknown() {
        for bad in ["17", "20", "", "OK", "-1", "+0", "0 ", "00", "014"] {
            assert_eq!(
                GrpcStatus::read(bad.as_bytes()),
                GrpcStatus::Unknown,
                "{bad}"
            );
        }
    }
    #[test]
    fn an_answer_of_http_that_tells_no_status_is_never_a_success() {
        for (status, made) in [
            (200, GrpcStatus::Unknown),
            (302, GrpcStatus::Unknown),
            (400, GrpcStatus::Internal),
            (401, GrpcStatus::Unauthenticated),
            (403, GrpcStatus::PermissionDenied),
            (404, GrpcStatus::Unimplemented),
            (429, GrpcStatus::Unavailable),
            (500, GrpcStatus::Unknown),
            (502, GrpcStatus::Unavailable),
            (503, GrpcStatus::Unavailable),
            (504, GrpcStatus::Unavailable),
        ] {
            assert_eq!(GrpcStatus::of_http(status), made, "{status}");
        }
    }
}
