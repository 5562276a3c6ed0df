//! What Elasticsearch says of the lines of a request.

use serde::Deserialize;
use thiserror::Error;

/// What of an answer is asked for.
pub(super) const FILTER: &str =
    "filter_path=errors,items.*.status,items.*.error.type,items.*.error.reason";
/// So much of a reason is kept.
const LONGEST_REASON: usize = 512;

/// What became of a line.
#[derive(Debug, PartialEq)]
pub(super) enum Outcome {
    Delivered,
    /// It may be taken later.
    PutOff(Refusal),
    /// It never will be.
    Rejected(Refusal),
}

/// Why something was not taken.
#[derive(Clone, Debug, Error, PartialEq)]
#[error("{status} {kind}: {reason:?}")]
pub(super) struct Refusal {
    pub(super) status: u16,
    pub(super) kind: String,
    pub(super) reason: String,
}

/// The answer does not tell what became of the lines.
#[derive(Debug, Error)]
pub(super) enum Unreadable {
    #[error(
        "the answer is not that of a bulk request: see whether the URL is that of Elasticsearch"
    )]
    NoAnswer(#[from] serde_json::Error),
    #[error("the answer tells of {told} lines instead of {sent}")]
    OtherLines { told: usize, sent: usize },
}

#[derive(Deserialize)]
struct Answer {
    items: Vec<Item>,
}

#[derive(Deserialize)]
struct Item {
    create: Created,
}

#[derive(Deserialize)]
struct Created {
    status: u16,
    #[serde(default)]
    error: Reason,
}

#[derive(Default, Deserialize)]
struct Reason {
    #[serde(default, rename = "type")]
    kind: String,
    #[serde(default)]
    reason: String,
}

/// What became of each of so many `lines` that were sent.
pub(super) fn read(body: &[u8], lines: usize) -> Result<Vec<Outcome>, Unreadable> {
    let answer: Answer = serde_json::from_slice(body)?;
    let told = answer.items.len();
    if told != lines {
        return Err(Unreadable::OtherLines { told, sent: lines });
    }
    let outcomes = answer.items.into_iter().map(|item| item.create.outcome());
    Ok(outcomes.collect())
}

impl Created {
    fn outcome(self) -> Outcome {
        let Self { status, error } = self;
        match status {
            // A line's id is nobody else's, so that what has it already is the line.
            200..=299 | 409 => Outcome::Delivered,
            401 | 403 | 404 | 408 | 429 => Outcome::PutOff(Refusal::new(status, error)),
            400..=499 => Outcome::Rejected(Refusal::new(status, error)),
            _ => Outcome::PutOff(Refusal::new(status, error)),
        }
    }
}

impl Refusal {
    /// That of a whole request.
    pub(super) fn of_request(status: u16, body: &[u8]) -> Self {
        #[derive(Deserialize)]
        struct Body {
            error: Reason,
        }
        let error = serde_json::from_slice(body).map_or_else(
            |_| Reason {
                kind: String::new(),
                reason: String::from_utf8_lossy(body).into_owned(),
            },
            |Body { error }| error,
        );
        Self::new(status, error)
    }

    /// Whether it says what kind of error it is.
    pub(super) fn is_of_elasticsearch(&self) -> bool {
        !self.kind.is_empty()
    }

    fn new(status: u16, mut error: Reason) -> Self {
        for text in [&mut error.kind, &mut error.reason] {
            let end = (0..=LONGEST_REASON)
                .rev()
                .find(|end| text.is_char_boundary(*end));
            text.truncate(end.unwrap_or_default());
        }
        Self {
            status,
            kind: error.kind,
            reason: error.reason,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_line_is_delivered_put_off_or_rejected_by_its_status() {
        let kinds = |status: u16| {
            let body = format!(r#"{{"errors":true,"items":[{{"create":{{"status":{status}}}}}]}}"#);
            match read(body.as_bytes(), 1).unwrap().pop().unwrap() {
                Outcome::Delivered => "delivered",
                Outcome::PutOff(_) => "put off",
                Outcome::Rejected(_) => "rejected",
            }
        };
        for (statuses, kind) in [
            (&[200, 201, 409][..], "delivered"),
            (&[401, 403, 404, 408, 429, 500, 503], "put off"),
            (&[400, 413, 422], "rejected"),
        ] {
            for status in statuses {
                assert_eq!(kinds(*status), kind, "{status}");
            }
        }
    }

    #[test]
    fn a_refusal_tells_what_elasticsearch_says_up_to_its_limit() {
        let body = br#"{"items":[{"create":{"status":400,"error":{"type":"document_parsing_exception","reason":"no \"date\""}}}]}"#;
        let Outcome::Rejected(refusal) = read(body, 1).unwrap().remove(0) else {
            panic!("it is rejected");
        };
        let said = r#"400 document_parsing_exception: "no \"date\"""#;
        assert_eq!(refusal.to_string(), said);

        let long = "\u{e9}".repeat(10_000);
        let refusal = Refusal::of_request(413, long.as_bytes());
        assert_eq!(refusal.reason, "\u{e9}".repeat(LONGEST_REASON / 2));
        let body = br#"{"error":{"type":"parse_exception","reason":"request body is required"},"status":400}"#;
        assert_eq!(Refusal::of_request(400, body).kind, "parse_exception");
    }

    #[test]
    fn what_does_not_tell_of_every_line_is_no_answer() {
        let one = br#"{"items":[{"create":{"status":201}}]}"#;
        assert!(matches!(
            read(one, 2),
            Err(Unreadable::OtherLines { told: 1, sent: 2 })
        ));
        for body in [&b"<html>"[..], b"", b"{}", &one[..20]] {
            assert!(matches!(read(body, 1), Err(Unreadable::NoAnswer(_))));
        }
    }
}
