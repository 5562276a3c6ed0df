use std::{io, time::Duration};

use thiserror::Error;

/// Health cannot be told as it is configured.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum HealthError {
    /// Two checks, or a check and a heartbeat, have one name.
    #[error("two checks are called `{name}`; give each a name of its own")]
    DuplicateName {
        /// The name.
        name: String,
    },
    /// A name that could not be told apart where it is shown.
    #[error(
        "`{name}` is no name of a check; use 1 to 64 letters, digits and `_`, `-`, `.`, `:` or `/`"
    )]
    Name {
        /// The name.
        name: String,
    },
    /// A time that makes no sense.
    #[error("the {what} of check `{name}` is {duration:?}; give one from 1 ms to 1 h")]
    Duration {
        /// The check.
        name: String,
        /// What it is the time of.
        what: &'static str,
        /// The time.
        duration: Duration,
    },
    /// The thread of the checks did not start.
    #[error("the thread that runs health checks cannot be started")]
    Thread(#[source] io::Error),
}
