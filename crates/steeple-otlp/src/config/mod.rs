//! What is told in code and by environment variables.

mod delivery;
mod environment;
mod lists;

pub use delivery::{Compression, Delivery, Protocol};
pub(crate) use environment::{Batching, ENDPOINT, Environment};
