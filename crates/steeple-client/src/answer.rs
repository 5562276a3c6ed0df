//! What an answer says about the request.

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::{HeaderMap, Response, StatusCode, header::RETRY_AFTER};
use steeple_core::pipeline::ExportError;
use thiserror::Error;

use crate::Endpoint;

/// Of the reason that a backend gives, so many bytes are told.
const LONGEST_REASON: usize = 256;

/// The endpoint did not take what was sent.
#[derive(Debug, Error)]
#[error("{endpoint} answered {status}: {reason:?}")]
pub(crate) struct Refused {
    endpoint: Endpoint,
    pub(crate) status: StatusCode,
    reason: String,
}

/// As [remote write](https://prometheus.io/docs/specs/prw/remote_write_spec/#retries--backoff) has it.
pub(crate) fn is_5xx_or_429(status: StatusCode) -> bool {
    status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS
}

/// What is no success is tried again if it `is_temporary`.
pub(crate) fn judge(
    endpoint: &Endpoint,
    is_temporary: fn(StatusCode) -> bool,
    answer: Response<Bytes>,
) -> Result<Response<Bytes>, ExportError> {
    let (head, body) = answer.into_parts();
    let status = head.status;
    if status.is_success() {
        return Ok(Response::from_parts(head, body));
    }
    let refused = Refused {
        endpoint: endpoint.clone(),
        status,
        reason: reason(&body),
    };
    Err(match retry_after(&head.headers, SystemTime::now()) {
        _ if !is_temporary(status) => ExportError::permanent(refused),
        Some(pause) => ExportError::retry_after(pause, refused),
        None => ExportError::retryable(refused),
    })
}

/// The beginning of what a backend says.
pub(crate) fn reason(body: &[u8]) -> String {
    let told = &body[..body.len().min(LONGEST_REASON)];
    String::from_utf8_lossy(told).trim().to_owned()
}

/// The pause that an answer asks for: by [RFC 9110, section
/// 10.2.3](https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3) in seconds or until a date.
#[must_use]
pub fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let value = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = httpdate::parse_http_date(value).ok()?;
    Some(date.duration_since(now).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::*;

    fn wish(value: &'static str) -> Option<Duration> {
        // Sun, 06 Nov 1994 08:49:37 GMT
        let now = UNIX_EPOCH + Duration::from_secs(784_111_777);
        let headers = [(RETRY_AFTER, value.parse().unwrap())]
            .into_iter()
            .collect();
        retry_after(&headers, now)
    }

    #[test]
    fn a_backend_asks_for_a_pause_in_seconds_or_by_date() {
        assert_eq!(wish("120"), Some(Duration::from_secs(120)));
        assert_eq!(
            wish("Sun, 06 Nov 1994 08:50:07 GMT"),
            Some(Duration::from_secs(30))
        );
        assert_eq!(wish("Sun, 06 Nov 1994 08:49:00 GMT"), Some(Duration::ZERO));
        for other in ["", "soon", "-1", "1.5", "99999999999999999999999"] {
            assert_eq!(wish(other), None, "{other}");
        }
    }

    #[test]
    fn only_what_may_succeed_later_is_tried_again() {
        let endpoint: Endpoint = "http://127.0.0.1:1".parse().unwrap();
        let judged = |status: u16| {
            let mut answer = Response::new(Bytes::from_static(b"why\n"));
            *answer.status_mut() = status.try_into().unwrap();
            answer.headers_mut().insert(RETRY_AFTER, 7.into());
            judge(&endpoint, is_5xx_or_429, answer)
        };
        for status in [200, 202, 204] {
            assert_eq!(judged(status).unwrap().body(), "why\n", "{status}");
        }
        for status in [429, 500, 502, 503] {
            let error = judged(status).unwrap_err();
            assert!(
                matches!(&error, ExportError::Retryable { retry_after: Some(pause), .. } if pause.as_secs() == 7),
                "{status}: {error:?}"
            );
        }
        for status in [302, 400, 401, 404, 413] {
            let error = judged(status).unwrap_err();
            let ExportError::Permanent { source } = error else {
                panic!("{status}: {error:?}");
            };
            assert!(source.to_string().contains("why"), "{source}");
        }
    }

    #[test]
    fn a_reason_is_told_up_to_its_limit() {
        assert_eq!(reason(&[b'x'; 9_999]), "x".repeat(LONGEST_REASON));
        assert_eq!(reason(b" no \xff\n"), "no \u{fffd}");
    }
}
