//! What goes wrong with a server or tool.

use std::{io, process::ExitStatus, time::Duration};

/// A server or tool could not be used, or did not answer as it should.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BackendError {
    /// The program is not on this machine.
    #[error(
        "`{program}` is not on the PATH: `cargo xtask test` fetches it, or run the tests without the ignored ones"
    )]
    NotHere {
        /// Its name.
        program: String,
    },
    /// A file, a port or the process itself could not be had.
    #[error("cannot run `{program}`")]
    Run {
        /// Its name.
        program: String,
        /// Why.
        source: io::Error,
    },
    /// The server ended by itself.
    #[error("`{program}` ended with {status} before it was ready; its log:\n{log}")]
    Died {
        /// Its name.
        program: String,
        /// How it ended.
        status: ExitStatus,
        /// All that it printed.
        log: String,
    },
    /// The server did not become ready.
    #[error("`{program}` was not ready within {deadline:?}; its log:\n{log}")]
    NotReady {
        /// Its name.
        program: String,
        /// How long it had.
        deadline: Duration,
        /// All that it printed.
        log: String,
    },
    /// The server did not end.
    #[error("a server did not end within {deadline:?}; its log:\n{log}")]
    NotEnded {
        /// How long it had.
        deadline: Duration,
        /// All that it printed.
        log: String,
    },
    /// A tool refused what it was given.
    #[error("`{program}` refuses the input ({status}):\n{findings}")]
    Refused {
        /// Its name.
        program: String,
        /// How it ended.
        status: ExitStatus,
        /// What it printed.
        findings: String,
    },
    /// A request had no answer.
    #[error("no answer from {url}")]
    Request {
        /// What was asked.
        url: String,
        /// Why.
        source: Box<ureq::Error>,
    },
    /// An answer is not what it should be.
    #[error("unexpected answer to `{question}`: {answer}")]
    Answer {
        /// What was asked.
        question: String,
        /// What came.
        answer: String,
    },
    /// What was waited for did not come.
    #[error("`{question}` did not come true within {deadline:?}; the last answer was {answer}")]
    TooLate {
        /// What was asked.
        question: String,
        /// How long it had.
        deadline: Duration,
        /// What came last.
        answer: String,
    },
}
