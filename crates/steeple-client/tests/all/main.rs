//! What is sent, and what becomes of it where the backend misbehaves.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod answers;
#[cfg(feature = "grpc")]
mod grpc;
#[cfg(feature = "grpc")]
mod grpc_faults;
mod requests;
mod stub;
#[cfg(feature = "tls")]
mod tls;
