//! Health checks, the probes that orchestrators ask, and the drain of a service that is to end.
//!
//! ```
//! use std::time::Duration;
//!
//! use steeple_health::{Check, Health};
//!
//! # async fn ask_database() -> std::io::Result<()> { Ok(()) }
//! # async fn ask_recommendations() -> std::io::Result<()> { Ok(()) }
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! let health = Health::builder()
//!     .check("database", || ask_database())
//!     .check(
//!         "recommendations",
//!         Check::new(|| ask_recommendations())
//!             .timeout(Duration::from_millis(200))
//!             .degrading(), // without them the service still serves
//!     )
//!     .start()?;
//!
//! assert!(health.is_ready().await);
//! health.begin_drain();
//! assert!(!health.is_ready().await);
//! # Ok(())
//! # }
//! # futures_executor::block_on(run()).unwrap();
//! ```
//!
//! # What is asked
//!
//! | probe | question | answered by |
//! |---|---|---|
//! | liveness | is the process beyond help, so that it has to be started anew? | [heartbeats](Heartbeat) of the process's own alone: no dependency can be registered, and nothing is waited for |
//! | startup | is it done with what it does once? | startup checks; one that has succeeded is not run again |
//! | readiness | may requests be sent to it? | startup, the critical checks, and the [drain](Health::begin_drain) |
//!
//! [`Probes`] answers them with `ok` or `unavailable` at `/livez`, `/startupz` and `/readyz`, for anybody; [`Details`] answers with what
//! is known of each check, as JSON or as
//! [`application/health+json`](https://datatracker.ietf.org/doc/html/draft-inadarei-api-health-check-06), for the ops listener.
//!
//! # What a check may do
//!
//! Anything. It panics, hangs, or blocks its thread: it is a failed check, and never more. Each run has a thread to itself, of a
//! runtime that [`Health`] owns; at most one run of a check is under way, and one that does not give way keeps that one thread.
//! No runtime of the application's is needed or used, so that checks say the same on each of them, or with none, and while those
//! are overloaded.
//!
//! A connection that a check opens therefore belongs to the runtime of the checks, and ends with it. The checks in [`checks`] have
//! connections of their own and never take one from a pool of the application's; a check that uses what is bound to a runtime
//! of the application's, such as a pool, says so with [`Check::on`].
//!
//! # What it costs
//!
//! A probe runs the checks whose last outcome is older than 2 s, and waits for them; all probes meanwhile share that run. So a
//! check runs once in 2 s, however many probes there are, and not at all while there are none, unless it is
//! [refreshed](Check::refresh_every).
//!
//! # Features
//!
//! A feature alone changes no behaviour.
//!
//! | feature | what |
//! |---|---|
//! | `certificate` | [`checks::certificate`] |
//! | `deadpool` | [`checks::deadpool`] |
//! | `disk` | [`checks::disk`], on Unix |
//! | `grpc` | [`checks::grpc`] |
//! | `http` | [`checks::http`] |
//! | `redis` | [`checks::redis`] |
//! | `served-certificate` | [`checks::served_certificate`], on x86-64 and AArch64; with `certificate` |
//! | `sqlx` | [`checks::sqlx`]; needs Rust 1.94, as sqlx does, and brings no driver |
//! | `tls` | with `grpc` or `http`: URLs of https, on x86-64 and AArch64 |
//! | `tonic` | [`Health::grpc`]: `grpc.health.v1` for servers of tonic |
//!
//! # Metrics
//!
//! | metric | |
//! |---|---|
//! | `steeple_health_check_up{check}` | 1 while the check is up, 0 while it is down, none before that is known; of a heartbeat of [liveness](HealthBuilder::liveness) as well, to the second |
//! | `steeple_health_check_duration_seconds{check}` | histogram of how long runs took |
//! | `steeple_health_check_runs_total{check,result}` | runs that ended in `success`, `error`, `timeout`, `panic` |
//! | `steeple_health_check_last_success_timestamp_seconds{check}` | when the last run that succeeded ended |
//! | `steeple_health_ready` | 1 while the service is ready, 0 while it is not |
//!
//! Those of checks tell of the last run: with neither probes nor [`refresh_every`](Check::refresh_every) they stand still.

mod builder;
mod check;
pub mod checks;
mod details;
mod error;
mod executor;
mod failure;
#[cfg(feature = "tonic")]
mod grpc;
mod health;
mod heartbeat;
mod history;
mod json;
mod monitor;
mod negotiation;
mod probes;
mod snapshot;
mod sync;
mod telemetry;
mod time;

#[cfg(feature = "tonic")]
pub use self::grpc::GrpcHealth;
pub use self::{
    builder::HealthBuilder,
    check::{Check, Criticality},
    details::Details,
    error::HealthError,
    failure::Failure,
    health::Health,
    heartbeat::Heartbeat,
    history::CheckState,
    probes::Probes,
    snapshot::{CheckSnapshot, HealthSnapshot, HealthStatus, Probe},
};
