use std::{any::Any, error::Error, time::Duration};

use steeple_core::text;

/// How many bytes of a message are kept.
const LONGEST: usize = 1_024;

/// Why a run of a check failed. What it prints tells no more than which way: see [`message`](Self::message).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Failure {
    /// The check gave an error, of which this is the text with its sources, at most 1 KiB.
    #[error("failed")]
    Error(String),
    /// The check did not end in time, whether it waited or blocked its thread.
    #[error("no answer within {0:?}")]
    TimedOut(Duration),
    /// The check panicked, with this message, at most 1 KiB of it.
    #[error("panicked")]
    Panicked(String),
    /// The checks have ended, or could not be started.
    #[error("not run")]
    NotRun,
}

impl Failure {
    /// What the check itself said, which may hold what is not for everybody: names of hosts and users, parts of queries.
    #[must_use]
    pub fn message(&self) -> Option<&str> {
        match self {
            Self::Error(message) | Self::Panicked(message) => Some(message),
            Self::TimedOut(_) | Self::NotRun => None,
        }
    }

    pub(crate) fn of_error(error: &(dyn Error + 'static)) -> Self {
        let mut message = Vec::new();
        let mut said = String::new();
        for cause in std::iter::successors(Some(error), |error| <dyn Error>::source(*error)) {
            let cause = text::printed(cause, LONGEST);
            // Many print their source themselves.
            if said.contains(&cause) {
                continue;
            }
            let separator = if message.is_empty() { "" } else { ": " };
            let left = LONGEST - message.len();
            text::print(&mut message, format_args!("{separator}{cause}"), left);
            said = String::from_utf8_lossy(&message).into_owned();
        }
        Self::Error(said)
    }

    pub(crate) fn of_panic(payload: &(dyn Any + Send)) -> Self {
        let message = payload
            .downcast_ref::<&str>()
            .copied()
            .or_else(|| payload.downcast_ref::<String>().map(String::as_str));
        Self::Panicked(text::beginning(message.unwrap_or_default(), LONGEST).to_owned())
    }

    /// How runs are counted that fail so.
    pub(crate) fn result(&self) -> &'static str {
        match self {
            Self::Error(_) | Self::NotRun => "error",
            Self::TimedOut(_) => "timeout",
            Self::Panicked(_) => "panic",
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("cannot reach the database")]
    struct Outer(#[source] io::Error);

    #[test]
    fn sources_are_told_once() {
        let error = Outer(io::Error::other("refused"));
        let Failure::Error(message) = Failure::of_error(&error) else {
            panic!("an error")
        };
        assert_eq!(message, "cannot reach the database: refused");

        let twice = io::Error::other(Outer(io::Error::other("refused")));
        let failure = Failure::of_error(&twice);
        assert_eq!(
            failure.message(),
            Some("cannot reach the database: refused")
        );
    }

    #[test]
    fn messages_are_bounded_and_not_printed() {
        let failure = Failure::of_error(&io::Error::other("ä".repeat(5_000)));
        assert_eq!(failure.message().map(str::len), Some(LONGEST));
        assert_eq!(failure.to_string(), "failed");
        let panicked = Failure::of_panic(&"password 1234");
        assert_eq!(panicked.message(), Some("password 1234"));
        assert_eq!(panicked.to_string(), "panicked");
    }
}
