//! Lines over the network, to receivers that go away and come back.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

mod support;
mod syslog;
mod tcp;
#[cfg(feature = "tls")]
mod tls;
