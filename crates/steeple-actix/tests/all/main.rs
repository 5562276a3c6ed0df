//! What steeple sees of an actix-web application, and what handlers see of steeple.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod bodies;
mod current;
mod errors;
mod ops;
mod panics;
mod requests;
mod routes;
mod stage;
mod traces;
mod workers;
