//! What is pushed, when, and what becomes of it where the backend misbehaves.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod faults;
mod gateway;
mod message;
mod remote_write;
mod settings;
#[cfg(feature = "tls")]
mod tls;
