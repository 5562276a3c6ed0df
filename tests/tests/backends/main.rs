//! Real servers and tools against what the crates produce. `cargo xtask test` fetches them.

mod demo;
mod exposition;
mod harness;
