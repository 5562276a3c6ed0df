//! What is told in code and by environment variables.

mod delivery;
mod environment;
mod lists;
mod traces;
mod variables;

pub(crate) use environment::{Batching, ENDPOINT, Environment};
pub use {
    delivery::{Compression, Delivery, Protocol},
    traces::TraceEnvironment,
    variables::EnvironmentError,
};
