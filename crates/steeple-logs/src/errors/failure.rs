//! What lines tell of errors.

use steeple_core::{
    AttachedError,
    errors::{Cause, ErrorReport},
    redaction::Redaction,
};

use crate::encode::{Field, Fields, Scalar, field};

/// An error and what caused it.
#[derive(Clone, Copy)]
pub(crate) struct Chain<'a> {
    type_name: Option<&'a str>,
    message: &'a str,
    sources: &'a [Cause],
}

impl<'a> Chain<'a> {
    pub(crate) fn of(error: &'a AttachedError) -> Self {
        Self {
            type_name: error.known_type(),
            message: &error.message,
            sources: &error.sources,
        }
    }

    pub(super) fn of_report(report: &'a ErrorReport) -> Self {
        let error = report.error();
        Self {
            type_name: error.type_name.as_deref(),
            message: &error.message,
            sources: report.causes.get(1..).unwrap_or_default(),
        }
    }
}

/// Tells an error and what caused it: its type, where that is known; what they say, the outermost first; and the same again line by
/// line with their types, as others have stacks there, with the calls that led to it behind them, each with the end of a line before it.
pub(crate) fn put_error(
    fields: &mut Fields,
    error: Chain<'_>,
    calls: &str,
    redaction: &Redaction,
    room: &mut String,
) {
    let mut put = |field: Field, text: &str, calls: &str| {
        let text = redaction.text(text, room);
        if calls.is_empty() {
            fields.put_ours(field, Scalar::Text(text));
        } else {
            fields.put_ours(field, Scalar::Text(&[text, calls].concat()));
        }
    };
    if let Some(name) = error.type_name {
        put(field::ERROR_TYPE, name, "");
    }
    put(field::ERROR_MESSAGE, &whole_message(error), "");
    if !error.sources.is_empty() || !calls.is_empty() {
        put(field::ERROR_STACK_TRACE, &trace(error), calls);
    }
}

/// What the error and its causes say, without what one says of the next.
pub(crate) fn whole_message(error: Chain<'_>) -> String {
    let mut message = error.message.to_owned();
    for source in error.sources {
        if !message.ends_with(&source.message) {
            message.push_str(": ");
            message.push_str(&source.message);
        }
    }
    message
}

fn trace(error: Chain<'_>) -> String {
    let mut trace = String::new();
    push_cause(&mut trace, error.type_name, error.message);
    for Cause {
        type_name, message, ..
    } in error.sources
    {
        trace.push_str("\nCaused by: ");
        push_cause(&mut trace, type_name.as_deref(), message);
    }
    trace
}

fn push_cause(trace: &mut String, type_name: Option<&str>, message: &str) {
    if let Some(name) = type_name {
        trace.push_str(name);
        trace.push_str(": ");
    }
    trace.push_str(message);
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("cannot charge the card")]
    struct Charge {
        #[source]
        source: Connection,
    }

    #[derive(Debug, thiserror::Error)]
    #[error("the bank at {url} does not answer: {source}")]
    struct Connection {
        url: &'static str,
        source: io::Error,
    }

    #[test]
    fn an_error_is_told_with_its_causes_and_without_secrets() {
        let error = Charge {
            source: Connection {
                url: "http://shop:hunter2@bank",
                source: io::Error::other("timed out"),
            },
        };
        let mut fields = Fields::default();
        let error = AttachedError::told_by(&error);
        let (chain, redaction) = (Chain::of(&error), Redaction::new());
        put_error(
            &mut fields,
            chain,
            "\n    at pay",
            &redaction,
            &mut String::new(),
        );
        let told = fields.told();
        let expected = [
            ("error.type", "\"Charge\""),
            (
                "error.message",
                r#""cannot charge the card: the bank at http://[redacted]@bank does not answer: timed out""#,
            ),
            (
                "error.stack_trace",
                concat!(
                    r#""Charge: cannot charge the card\nCaused by: Connection: the bank at http://[redacted]@bank "#,
                    r#"does not answer: timed out\nCaused by: Custom: timed out\n    at pay""#
                ),
            ),
        ];
        assert_eq!(
            told,
            expected.map(|(name, value)| (name.to_owned(), value.to_owned()))
        );
    }
}
