use std::{io, time::Duration};

/// Text is no directives.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DirectivesError {
    /// A level is none.
    #[error(
        "`{directive}` names no level: write off, error, warn, info, debug or trace, alone or behind a target, as in `shop::cart=debug`"
    )]
    Level {
        /// The directive.
        directive: String,
    },
    /// A target is none.
    #[error("`{directive}` names no target: write the path of a module, as in `shop::cart=debug`")]
    Target {
        /// The directive.
        directive: String,
    },
    /// There are too many.
    #[error("there are more than {most} directives: leave out some")]
    TooMany {
        /// How many there may be.
        most: usize,
    },
}

/// Levels could not be changed; they are as before.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LevelsError {
    /// The text is no directives.
    #[error(transparent)]
    Directives(#[from] DirectivesError),
    /// A change may not last that long.
    #[error("a change of levels lasts {time:?}: let it last 1 ms to 24 h")]
    Time {
        /// How long it would last.
        time: Duration,
    },
    /// The thread that ends the change could not be started.
    #[error("the thread that ends a change of levels could not be started")]
    Thread(#[source] io::Error),
}
