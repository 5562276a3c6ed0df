//! How an instance starts, what it leaves alone, and how it ends.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[cfg(feature = "errors")]
mod breadcrumbs;
#[cfg(feature = "otlp")]
mod collector;
mod disabled;
mod doctor;
mod drop_in;
mod environment;
#[cfg(feature = "errors")]
mod errors;
mod exemplars;
#[cfg(feature = "otlp")]
mod export;
#[cfg(feature = "health")]
mod health;
mod jobs;
mod lint;
mod metric_names;
mod mounted;
mod panic_hook;
mod process;
mod propagation;
#[cfg(feature = "push")]
mod pushes;
mod recorder;
mod service;
mod settings;
mod shutdown;
#[cfg(feature = "resources")]
mod workers;
