use std::{io, path::PathBuf};

use thiserror::Error;

/// Nothing can be written to a log file.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum RollingFileError {
    /// The path ends with no name of UTF-8.
    #[error("`{path}` names no log file: give a path such as `/var/log/shop/shop.log`")]
    NoName {
        /// What was given.
        path: PathBuf,
    },
    /// It cannot be opened.
    #[error(
        "the log file `{path}` cannot be opened: let it be an ordinary file, in a directory where this user may write"
    )]
    Open {
        /// What was given.
        path: PathBuf,
        /// What went wrong.
        source: io::Error,
    },
    /// The system does not let the process handle SIGHUP.
    #[error("SIGHUP cannot be handled; leave out `reopen_on_hangup`")]
    Hangup {
        /// What went wrong.
        source: io::Error,
    },
}
