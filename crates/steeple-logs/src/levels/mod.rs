//! What is logged, by level and target, and changes of that while the service runs.

mod directives;
mod endpoint;
mod error;
mod filter;
mod handle;
#[cfg(all(unix, feature = "signals"))]
mod signals;

pub use self::{
    directives::Directives,
    endpoint::LevelEndpoint,
    error::{DirectivesError, LevelsError},
    filter::LevelsFilter,
    handle::{LevelStatus, Levels},
};
