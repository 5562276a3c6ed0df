//! The ops listener: metrics and probes on a guarded port of their own.
//!
//! ```
//! use std::time::Duration;
//!
//! use steeple_metrics::Registry;
//! use steeple_ops::Ops;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let registry = Registry::new();
//! let ops = Ops::builder(registry)
//!     .address(([127, 0, 0, 1], 0).into())
//!     .bind()?;
//! println!("curl http://{}/metrics", ops.local_addr());
//! ops.shutdown_blocking(Duration::from_secs(1))?;
//! # Ok(())
//! # }
//! ```
//!
//! | path | answer |
//! |---|---|
//! | `/` | what is served, a line each |
//! | `/metrics` | the registry in the Prometheus text format 0.0.4, at most 4 at a time, then 503 |
//! | `/livez` | `ok`, without any I/O, while the process runs |
//!
//! # Who gets in
//!
//! - An address that other machines can reach needs a token, which all requests then carry as
//!   `Authorization: Bearer`; without it the answer is 401.
//! - The `Host` is `localhost`, the address listened on or one that was allowed; otherwise the answer
//!   is 421. So no web page reaches the listener by rebinding its own name.
//! - Only GET and HEAD; otherwise 405. Nothing can be changed here.
//! - No answer may be cached, framed, sniffed, embedded elsewhere or run a script.
//!
//! # What it may cost
//!
//! 32 connections (further ones get a 503 and are closed at once), 8 KiB of headers within 5 s, a body
//! of 1 KiB, connections idle for 5 s, and 10 s in all in which an answer waits for a client until that
//! has read the next 64 KiB.
//!
//! # Signals
//!
//! It counts itself in the registry that it serves, and observes, traces and logs no request:
//!
//! | metric | counts |
//! |---|---|
//! | `steeple_ops_requests_total{path,status}` | answered requests; `path` is a route or `other` |
//! | `steeple_ops_connections_rejected_total` | connections over the limit |
//! | `steeple_ops_slow_readers_total` | connections cut off because the client did not read |
//! | `steeple_ops_accept_errors_total` | connections that the system failed to accept |

mod answer;
mod body;
mod builder;
mod connection;
mod counts;
mod endpoints;
mod error;
mod guard;
mod host;
mod listener;
mod ops;
mod routes;
mod scrapes;
mod shutdown;
mod socket;
mod stall;
mod token;
mod translation;

pub use builder::OpsBuilder;
pub use endpoints::Endpoints;
pub use error::{BindError, ShutdownError};
pub use ops::Ops;
pub use token::TokenError;
