//! What becomes of events of `tracing`.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod captured;
mod ecs;
mod forging;
mod requests;
mod schema;
mod throttle;
