//! Real servers and tools: started, asked and stopped.
//!
//! Programs are looked for on the `PATH`; `cargo xtask test` fetches them and puts them there. A test that needs
//! one is marked `#[ignore = "needs real servers: cargo xtask test"]`, so that a plain `cargo test` shows it as
//! ignored, and one that is run without its server fails with [`BackendError::NotHere`].

mod bugsink;
mod error;
mod exposition;
mod hey;
mod http;
mod log_lines;
mod mariadb;
mod nginx;
mod node_exporter;
mod noida;
mod otlp_addresses;
mod otlp_sink;
mod phoenix;
mod postgres;
mod program;
mod prometheus;
mod promql;
mod promtool;
mod pushgateway;
mod redis;
mod relay;
mod rotel;
mod rsyslog;
mod sample;
mod server;
mod slow;
mod syslog_daemon;
mod unprivileged;
mod victoria;
mod wrk;

pub use bugsink::Bugsink;
pub use error::BackendError;
pub use exposition::{Family, parse_exposition, read_back};
pub use hey::{Load, hey, hey_with};
pub use http::get;
pub use log_lines::read_log_lines;
pub use mariadb::MariaDb;
pub use nginx::Nginx;
pub use node_exporter::NodeExporter;
pub use noida::Noida;
pub use otlp_addresses::OtlpAddresses;
pub use otlp_sink::{OtlpSink, Received, text};
pub use phoenix::Phoenix;
pub use postgres::Postgres;
pub use prometheus::Prometheus;
pub use promql::PromQl;
pub use promtool::check_metrics;
pub use pushgateway::Pushgateway;
pub use redis::Redis;
pub use relay::Relay;
pub use rotel::Rotel;
pub use rsyslog::Rsyslog;
pub use sample::Sample;
pub use server::{Server, free_address};
pub use slow::{slow_headers, slow_readers};
pub use syslog_daemon::SyslogDaemon;
pub use victoria::VictoriaMetrics;
pub use wrk::{Wrk, wrk};
