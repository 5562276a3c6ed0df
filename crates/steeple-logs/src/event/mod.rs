//! Events of `tracing`, and lines of them.

mod layer;
mod origin;
mod recorder;
mod scratch;
mod surroundings;

pub use self::layer::LogLayer;
