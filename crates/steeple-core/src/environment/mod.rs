//! What the operator says through environment variables.

mod error;
mod propagators;
mod sampler;
mod variables;

pub use self::{error::EnvironmentError, variables::Variables};
