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
//! | `/metrics` | the registry, as the scraper likes it best |
//! | `/livez` | `ok`, without any I/O, while the process runs |
//! | what [`OpsBuilder::json`] adds | a document of JSON |
//! | what [`OpsBuilder::route`] adds | what the service there says |
//!
//! # Scrapes
//!
//! `Accept` decides between the [formats](steeple_metrics::Format), the text format 0.0.4 where nothing else is asked
//! for, and `Accept-Encoding` whether the answer is compressed with gzip, or with zstd if that was switched
//! on. Either way it is made chunk by chunk while the client takes it. What is [called before](steeple_metrics::Registry::before_look) has a
//! thread of its own, so that it holds up nobody who polls.
//!
//! At most 4 answers are under way at a time; a further scrape gets a 503. A scrape in the form of
//! one that began at most a second ago, and of which not all is made yet, shares its answer instead, unless
//! the last answer of that form had more than 1 MiB as sent. So an answer is never older than a second, and
//! whoever has read an answer to its end finds in the next what was recorded in between.
//!
//! # Who gets in
//!
//! - An address that other machines can reach needs a token, which all requests then carry as
//!   `Authorization: Bearer`; without it the answer is 401.
//! - The `Host` is `localhost`, the address listened on or one that was allowed; otherwise the answer
//!   is 421. So no web page reaches the listener by rebinding its own name.
//! - Only GET and HEAD; otherwise 405. Nothing can be changed here, but for [settings](OpsBuilder::setting): with the token, and by
//!   no page of another site.
//! - No answer may be cached, framed, sniffed, embedded elsewhere or run a script.
//!
//! # What it may cost
//!
//! 32 connections (further ones get a 503 and are closed at once), 8 KiB of headers within 5 s, a body
//! of 1 KiB, connections idle for 5 s, and 10 s in all in which an answer waits for a client until that
//! has read the next 64 KiB. Each of the 4 answers keeps up to 1 MiB for those who share it, until they have
//! read it, and less than 1 MiB to compress it.
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
//! | `steeple_ops_slow_headers_total` | connections cut off within the headers of a request |
//! | `steeple_ops_accept_errors_total` | connections that the system failed to accept |
//! | `steeple_ops_active_renders` | answers to scrapes under way now |
//! | `steeple_ops_coalesced_scrapes_total` | scrapes that shared the answer to another one |
//!
//! # Features
//!
//! | feature | what it adds |
//! |---|---|
//! | `zstd` | `OpsBuilder::zstd`: answers compressed with zstd; building it takes a C compiler |

mod answer;
mod body;
mod builder;
mod change;
mod chunks;
mod connection;
mod counts;
mod document;
mod encoder;
mod encoding;
mod endpoints;
mod error;
mod guard;
mod host;
mod listener;
mod ops;
mod render;
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
