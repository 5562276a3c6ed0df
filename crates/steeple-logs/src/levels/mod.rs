//! What is logged, by level and target, and changes of that while the service runs.

mod directives;
mod error;
mod filter;
mod handle;
#[cfg(all(unix, feature = "signals"))]
mod signals;

pub use self::{
    directives::Directives,
    error::{DirectivesError, LevelsError},
    filter::LevelsFilter,
    handle::{LevelStatus, Levels},
};
