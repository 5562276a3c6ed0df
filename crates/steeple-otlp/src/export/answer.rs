//! What a backend says of a request that it took: a [partial
//! success](https://opentelemetry.io/docs/specs/otlp/#partial-success), unless it took everything.

use serde_json::Value;
use steeple_client::protobuf::{Content, Fields};
use steeple_core::pipeline::ExportError;
use thiserror::Error;

/// Of what a backend says, so many characters are told.
const LONGEST_REASON: usize = 256;

/// Of the response.
const PARTIAL_SUCCESS: u32 = 1;
/// Of the partial success: spans, data points or log records.
const REJECTED: u32 = 1;
const ERROR_MESSAGE: u32 = 2;

/// By their names in JSON.
const REJECTED_ITEMS: [&str; 3] = ["rejectedSpans", "rejectedDataPoints", "rejectedLogRecords"];

/// The backend did not take everything, or has something to say.
#[derive(Debug, Error)]
#[error("it said {reason:?}")]
struct Rejected {
    reason: String,
}

/// Judges an answer in protobuf.
pub(super) fn protobuf(answer: &[u8]) -> Result<(), ExportError> {
    let (mut rejected, mut reason) = (0, String::new());
    for (number, content) in Fields::of(answer) {
        let (PARTIAL_SUCCESS, Content::Bytes(partial)) = (number, content) else {
            continue;
        };
        for field in Fields::of(partial) {
            match field {
                (REJECTED, Content::Varint(items)) => rejected = items as i64,
                (ERROR_MESSAGE, Content::Bytes(text)) => {
                    reason = String::from_utf8_lossy(text).into_owned();
                }
                _ => {}
            }
        }
    }
    judge(rejected, reason)
}

/// Judges an answer in JSON. One that is none is no failure: the request was taken.
pub(super) fn json(answer: &[u8]) -> Result<(), ExportError> {
    let answer: Value = serde_json::from_slice(answer).unwrap_or_default();
    let partial = &answer["partialSuccess"];
    let rejected = REJECTED_ITEMS
        .iter()
        .find_map(|name| match &partial[*name] {
            Value::Number(items) => items.as_i64(),
            Value::String(items) => items.parse().ok(),
            _ => None,
        });
    let reason = partial["errorMessage"].as_str().unwrap_or_default();
    judge(rejected.unwrap_or_default(), reason.to_owned())
}

fn judge(rejected: i64, reason: String) -> Result<(), ExportError> {
    let rejected = u64::try_from(rejected).unwrap_or_default();
    // A message without items is a warning.
    if rejected == 0 && reason.is_empty() {
        return Ok(());
    }
    let reason = reason.chars().take(LONGEST_REASON).collect();
    Err(ExportError::partial(rejected, Rejected { reason }))
}

#[cfg(test)]
mod tests {
    use steeple_metrics::protobuf::{push_nested, push_string, push_unsigned};

    use super::*;

    fn told(judged: Result<(), ExportError>) -> Option<(u64, String)> {
        match judged {
            Ok(()) => None,
            Err(ExportError::Partial { rejected, source }) => Some((rejected, source.to_string())),
            Err(other) => panic!("{other:?}"),
        }
    }

    fn partial(rejected: u64, reason: &str) -> Vec<u8> {
        let mut answer = Vec::new();
        push_nested(&mut answer, PARTIAL_SUCCESS, |message| {
            push_unsigned(message, REJECTED, rejected);
            push_string(message, ERROR_MESSAGE, reason);
        });
        answer
    }

    #[test]
    fn what_was_rejected_is_told_in_protobuf() {
        assert_eq!(told(protobuf(&[])), None);
        assert_eq!(told(protobuf(b"OK\n")), None);
        assert_eq!(told(protobuf(&partial(0, ""))), None);
        assert_eq!(told(protobuf(&partial(u64::MAX, ""))), None, "-1");
        let some = told(protobuf(&partial(3, "too old")));
        assert_eq!(some, Some((3, r#"it said "too old""#.to_owned())));
        let warning = told(protobuf(&partial(0, "hm")));
        assert_eq!(warning, Some((0, r#"it said "hm""#.to_owned())));
        let (_, reason) = told(protobuf(&partial(1, &"x".repeat(9_999)))).unwrap();
        assert!(reason.len() < 300);
    }

    #[test]
    fn what_was_rejected_is_told_in_json() {
        for nothing in ["", "{}", "null", r#"{"partialSuccess":{}}"#, "OK"] {
            assert_eq!(told(json(nothing.as_bytes())), None, "{nothing}");
        }
        for items in REJECTED_ITEMS {
            for number in ["7", r#""7""#] {
                let answer = format!(
                    r#"{{"partialSuccess":{{"{items}":{number},"errorMessage":"too old"}}}}"#
                );
                let some = told(json(answer.as_bytes()));
                assert_eq!(some, Some((7, r#"it said "too old""#.to_owned())));
            }
        }
    }
}
