use std::{io, path::PathBuf};

/// The directory of a spool cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SpoolError {
    /// Another spool has it, of this process or another.
    #[error("{directory} is used by another spool: give each its own directory")]
    InUse {
        /// The directory.
        directory: PathBuf,
    },
    /// The system refuses it.
    #[error("{directory} cannot be read and written: see whether it is writable and has room")]
    Io {
        /// The directory.
        directory: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// It has no room for a batch. This one is tried again, and is no error of configuration.
    #[error(
        "{directory} holds as many bytes as it may: the backend has been away for long, or `max_bytes` is too small"
    )]
    Full {
        /// The directory.
        directory: PathBuf,
    },
}
