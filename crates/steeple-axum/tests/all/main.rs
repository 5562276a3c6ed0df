//! What steeple sees of an axum router, and what handlers see of steeple.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod current;
mod errors;
mod ops;
mod request_body;
mod routes;
mod serve;
mod stage;
mod websocket;
