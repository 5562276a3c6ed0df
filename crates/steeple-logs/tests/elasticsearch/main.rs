//! Lines sent to an Elasticsearch that misbehaves.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod delivery;
mod faults;
mod settings;
mod stage;
mod stub;
mod template;
