use std::{io, path::PathBuf};

/// The file of the groups cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum JournalError {
    /// Another process has it.
    #[error("{path} is used by another process: give each its own file")]
    InUse {
        /// The file.
        path: PathBuf,
    },
    /// The system refuses it.
    #[error(
        "{path} cannot be read and written: see whether its directory exists, is writable and has room"
    )]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}
