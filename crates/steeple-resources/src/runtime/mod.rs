//! What async runtimes do.

mod crew;
mod metrics;
mod probe;
mod tokio;
mod watched;

pub use self::crew::Workers;
pub(crate) use self::{crew::Crew, watched::Runtime};
