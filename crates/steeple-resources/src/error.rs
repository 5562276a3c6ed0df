use std::{io, time::Duration};

/// Why figures are not read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// An interval would cost too much.
    #[error(
        "the interval {interval:?} of resources is shorter than {shortest:?}: choose a longer one"
    )]
    IntervalTooShort {
        /// The interval as given.
        interval: Duration,
        /// The shortest one.
        shortest: Duration,
    },
    /// There is no thread for it.
    #[error("no thread for reading resources could be started")]
    Thread(#[source] io::Error),
}
