//! Panics and errors to [Sentry](https://develop.sentry.dev/sdk/).
//!
//! Each failure that [steeple reports](steeple_core::errors) becomes one event, with its causes, its stack, and the route, request
//! id and trace of its request; what the application captures itself by `sentry::capture_message` and others has the same.
//!
//! ```
//! use std::time::Duration;
//!
//! use steeple_core::Observer;
//! use steeple_sentry::Sentry;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let port = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
//! # let dsn = format!("http://key@127.0.0.1:{port}/7");
//! # let dsn = dsn.as_str(); // "https://KEY@sentry.example/7"
//! let sentry = Sentry::builder().dsn(dsn).release("shop@1.2.3").start()?;
//! let observer = sentry.connect(Observer::builder()).build()?;
//! // ... the service ...
//! # drop(observer);
//! let report = sentry.shutdown_blocking(Duration::from_secs(5));
//! assert!(report.is_complete(), "{report:?}");
//! # Ok(())
//! # }
//! ```
//!
//! # What it promises
//!
//! - Nothing waits for Sentry: reports and what the application captures are queued, and a thread of its own makes events of them
//!   and sends them. Of events [10 a second](SentryBuilder::events_per_second) are sent.
//! - Where Sentry asks for less, by 429 and
//!   [`X-Sentry-Rate-Limits`](https://develop.sentry.dev/sdk/expected-features/rate-limiting/), it gets less. What is not sent or
//!   lost is counted by reason, and told in
//!   [client reports](https://develop.sentry.dev/sdk/telemetry/client-reports/).
//! - Secrets are taken out of events: of messages, breadcrumbs, tags, extra values, URLs and header fields. What is
//!   [personal](SentryBuilder::send_pii) is taken out unless it may be sent; ids of users are hashed, keyed by the DSN.
//! - A request that nothing goes wrong in costs nothing, unless more than errors is asked for:
//!   [transactions](SentryBuilder::traces_sample_rate), [sessions](SentryBuilder::sessions), a
//!   [scope for each request](SentryBuilder::isolate_scopes).
//!
//! # Metrics
//!
//! | metric | |
//! |---|---|
//! | `steeple_pipeline_created_total{pipeline="sentry"}` | events, and what else is sent on its own |
//! | `steeple_pipeline_exported_total{pipeline="sentry"}` | those that Sentry has taken |
//! | `steeple_pipeline_dropped_total{pipeline="sentry",reason}` | those that were left out or lost |
//! | `steeple_pipeline_queued_bytes{pipeline="sentry"}` | memory of those on their way |
//!
//! # Features
//!
//! A feature alone changes no behaviour.
//!
//! | feature | what |
//! |---|---|
//! | `tls` | DSNs of https, by rustls and code of Rust alone, on x86-64 and AArch64; whom the system trusts is trusted |

mod backoff;
mod builder;
mod dsn;
mod error;
mod event;
mod exporter;
mod finished;
mod integration;
mod isolation;
mod limiter;
mod mailbox;
mod parcel;
mod report;
mod requests;
mod scrub;
mod sentry;
mod sessions;
mod sink;
mod wire;

pub use self::{
    builder::SentryBuilder,
    dsn::Dsn,
    error::{DsnError, SentryError},
    report::SentryReport,
    sentry::Sentry,
    sink::SentrySink,
};
pub use sentry_core;
pub use steeple_client::{ClientError, TlsError};
pub use steeple_core::pipeline::{Accounting, DropReason, RetryPolicy};
