//! Lines sent to an Elasticsearch that misbehaves, and kept on disk meanwhile.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod delivery;
mod faults;
mod killed;
mod logs;
mod outage;
mod settings;
mod stage;
mod stub;
mod template;
