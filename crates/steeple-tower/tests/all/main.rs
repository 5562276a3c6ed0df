//! How a tower service is observed: without sockets, poll by poll.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod cancellation;
#[cfg(feature = "tower-http")]
mod classify;
mod client;
mod client_grpc;
mod connections;
mod errors;
mod grpc;
mod ids;
mod isolation;
mod jobs;
mod labels;
mod layer;
mod log;
mod nesting;
mod panics;
mod sinks;
mod sizes;
mod stage;
mod traces;
