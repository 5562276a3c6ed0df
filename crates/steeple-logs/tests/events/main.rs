//! What becomes of events of `tracing`.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod captured;
mod ecs;
mod ending;
mod errors;
mod forging;
mod levels;
mod requests;
mod schema;
mod spans;
mod throttle;
