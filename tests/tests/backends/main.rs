//! Real servers and tools against what the crates produce. `cargo xtask test` fetches them.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod bugsink;
mod chain;
mod demo;
mod elasticsearch;
mod exposition;
mod facts;
mod formats;
mod harness;
mod hellos;
mod lint;
mod log_lines;
mod otlp;
mod phoenix;
mod prometheus_3;
mod proxy;
mod push;
mod resources;
mod restart;
mod rotel;
mod round_trip;
mod scrape_storm;
mod syslog_daemon;
