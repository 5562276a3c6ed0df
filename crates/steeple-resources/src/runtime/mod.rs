//! What the async runtime does.

mod probe;
mod tokio;

pub(crate) use self::{probe::Probe, tokio::Tokio};
