use std::time::Duration;

use http::HeaderMap;
use percent_encoding::percent_decode;
use steeple_core::GrpcStatus;

use super::retry_info;

/// How a call ended, as [its trailers](https://github.com/grpc/grpc/blob/v1.76.0/doc/PROTOCOL-HTTP2.md#responses) tell it.
pub(super) struct Status {
    pub(super) code: GrpcStatus,
    /// As it was before it was percent-encoded.
    pub(super) message: Vec<u8>,
    /// The pause that is asked for.
    pub(super) retry_after: Option<Duration>,
}

impl Status {
    /// None if they tell no status.
    pub(super) fn of(trailers: &HeaderMap) -> Option<Self> {
        let code = GrpcStatus::read(trailers.get("grpc-status")?.as_bytes());
        let message = trailers.get("grpc-message");
        let details = trailers.get("grpc-status-details-bin");
        Some(Self {
            code,
            message: message
                .map_or_else(Vec::new, |text| percent_decode(text.as_bytes()).collect()),
            retry_after: details.and_then(|details| retry_info::read(details.as_bytes())),
        })
    }

    /// Whether a call that ended so may succeed later.
    pub(super) fn is_retryable(&self) -> bool {
        match self.code {
            GrpcStatus::Cancelled
            | GrpcStatus::DeadlineExceeded
            | GrpcStatus::Aborted
            | GrpcStatus::OutOfRange
            | GrpcStatus::Unavailable
            | GrpcStatus::DataLoss => true,
            GrpcStatus::ResourceExhausted => self.retry_after.is_some(),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderName, HeaderValue};

    use super::*;

    fn told(trailers: &[(&'static str, &'static str)]) -> Option<Status> {
        let trailers = trailers.iter().map(|&(name, value)| {
            let name = HeaderName::from_static(name);
            (name, HeaderValue::from_static(value))
        });
        Status::of(&trailers.collect())
    }

    #[test]
    fn it_is_told_by_trailers() {
        let status = told(&[("grpc-status", "3"), ("grpc-message", "no %C3%A4 100%25 %")]).unwrap();
        assert_eq!(status.code, GrpcStatus::InvalidArgument);
        assert_eq!(status.message, "no \u{e4} 100% %".as_bytes());
        assert_eq!(status.retry_after, None);
        assert!(told(&[("grpc-message", "no")]).is_none());
        assert_eq!(
            told(&[("grpc-status", "ok")]).unwrap().code,
            GrpcStatus::Unknown
        );
    }

    #[test]
    fn otlp_says_what_is_tried_again() {
        let codes = [
            "0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14", "15",
            "16",
        ];
        let retried = codes.map(|code| told(&[("grpc-status", code)]).unwrap().is_retryable());
        let expected = [1, 4, 10, 11, 14, 15];
        for (code, is_retried) in retried.into_iter().enumerate() {
            assert_eq!(is_retried, expected.contains(&code), "{code}");
        }
    }
}
