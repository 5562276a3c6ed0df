//! What arrives at Sentry, and what does not.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod captured;
mod delivery;
mod faults;
mod limits;
mod requests;
mod scopes;
mod secrets;
mod settings;
mod stage;
mod stub;
