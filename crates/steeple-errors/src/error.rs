use crate::journal::JournalError;

/// Errors cannot be tracked as it is configured.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct TrackerError(pub(crate) JournalError);
