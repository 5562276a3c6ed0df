//! gRPC: the status of a call, and how long its caller waits.

use std::{fmt, time::Duration};

use crate::headers::parse_decimal;

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

/// The value of [`grpc-timeout`](https://github.com/grpc/grpc/blob/v1.76.0/doc/PROTOCOL-HTTP2.md#requests): at most eight
/// digits and a unit. It is kept as it came, since few calls are dropped, and only they ask for it.
#[derive(Debug, Default)]
pub(crate) struct Timeout {
    value: [u8; 9],
    length: u8,
}

impl Timeout {
    /// Takes in `value`; what is too long is none.
    pub(crate) fn keep(&mut self, value: &[u8]) {
        self.clear();
        if let Some(kept) = self.value.get_mut(..value.len()) {
            kept.copy_from_slice(value);
            self.length = value.len() as u8;
        }
    }

    pub(crate) fn clear(&mut self) {
        self.length = 0;
    }

    /// How long the caller waits, if it said so.
    pub(crate) fn read(&self) -> Option<Duration> {
        let value = &self.value[..usize::from(self.length)];
        let (unit, digits) = value.split_last()?;
        let count = parse_decimal(digits)?;
        match unit {
            b'H' => Some(Duration::from_secs(count * 3_600)),
            b'M' => Some(Duration::from_secs(count * 60)),
            b'S' => Some(Duration::from_secs(count)),
            b'm' => Some(Duration::from_millis(count)),
            b'u' => Some(Duration::from_micros(count)),
            b'n' => Some(Duration::from_nanos(count)),
            _ => None,
        }
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
    fn a_timeout_is_at_most_eight_digits_and_a_unit() {
        let mut timeout = Timeout::default();
        let mut read = |value: &str| {
            timeout.keep(value.as_bytes());
            timeout.read()
        };
        assert_eq!(read("2S"), Some(Duration::from_secs(2)));
        assert_eq!(read("1H"), Some(Duration::from_secs(3_600)));
        assert_eq!(read("3M"), Some(Duration::from_secs(180)));
        assert_eq!(read("99999999m"), Some(Duration::from_millis(99_999_999)));
        assert_eq!(read("5u"), Some(Duration::from_micros(5)));
        assert_eq!(read("7n"), Some(Duration::from_nanos(7)));
        for bad in ["", "S", "1", "1s", "-1S", "1.5S", "999999999S", "1 S"] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }
}
