//! What arrives at a backend, and what becomes of it where the backend misbehaves.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod endings;
mod faults;
#[cfg(feature = "grpc")]
mod grpc;
mod metrics;
mod opentelemetry;
mod quiet;
mod settings;
mod signals;
mod sink;
#[cfg(feature = "tls")]
mod tls;
mod traces;
