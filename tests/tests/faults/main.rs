//! What must survive: hostile labels, nobody scraping, clients that leave, handlers that panic.
//!
//! The clients are those of [`steeple_tests::hostile`]; `benches/tests/peer_faults` sends the same ones to released
//! crates. `STEEPLE_FULL=1` runs the sizes that the documentation promises, otherwise a sample of them.

mod aborts;
mod actix_server;
mod clock_jumps;
mod dying;
mod endings;
mod endless_stream;
mod forged_reports;
mod forged_traces;
mod forks;
mod grpc_methods;
mod inbox;
mod known_labels;
mod label_attack;
mod lifecycle;
mod log_files;
mod malformed_traces;
mod million_lines;
mod overflow;
mod panics;
mod programs;
mod reports;
mod sentry;
mod server;
mod terminal;
mod unscraped;
mod worker_instances;
mod workers;
