//! Events of `tracing`, and lines of them.

mod callsite;
mod layer;
mod recorder;
mod scratch;
mod span_fields;
mod surroundings;

pub use self::layer::LogLayer;
