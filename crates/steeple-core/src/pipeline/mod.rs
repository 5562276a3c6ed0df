//! The one bounded, supervised pipeline behind everything that does I/O.
//!
//! [`Producer::push`] queues an item without blocking; a worker on a thread of its own groups items
//! into batches and hands them to an [`Exporter`].
//!
//! ```
//! use std::time::Duration;
//!
//! use steeple_core::pipeline::{ExportError, PipelineBuilder};
//!
//! let pipeline = PipelineBuilder::new("lines")
//!     .max_delay(Duration::from_secs(1))
//!     .spawn(|| {
//!         async |batch: &[String]| {
//!             let body = batch.join("\n");
//!             send(body).await.map_err(ExportError::retryable)
//!         }
//!     });
//! pipeline.producer().push("hello".to_owned());
//!
//! let report = pipeline.shutdown_blocking(Duration::from_secs(5));
//! assert_eq!((report.exported, report.lost), (1, 0));
//!
//! async fn send(body: String) -> Result<(), std::io::Error> {
//! #   assert_eq!(body, "hello");
//!     Ok(())
//! }
//! ```
//!
//! # Nothing is lost without being counted
//!
//! At all times, exactly, and in every [`Accounting`]:
//!
//! ```text
//! created = exported + dropped{reason} + queued
//! ```
//!
//! `created` counts what filters and samplers refuse too ([`Producer::skip`]), and `queued` the batch
//! that is being exported. An item counts as what it [stands for](Weigh::count). The same figures are metrics of the recorder that is current when the
//! pipeline is built:
//!
//! | metric | labels | |
//! |---|---|---|
//! | `steeple_pipeline_created_total` | `pipeline` | counter |
//! | `steeple_pipeline_exported_total` | `pipeline` | counter |
//! | `steeple_pipeline_dropped_total` | `pipeline`, `reason`: see [`DropReason::as_str`] | counter |
//! | `steeple_pipeline_queued_bytes` | `pipeline` | gauge |
//!
//! # What is bounded
//!
//! - Memory: by bytes, 8 MiB a pipeline and 32 MiB for all that share a [`Budget`], by default the
//!   whole process. Where there is no room the newest item is dropped.
//! - Time: an attempt takes at most 10 s, and a pause between attempts at most 5 s, or the 10 s at
//!   most that a backend may ask for, so that exports resume within 10 s of a backend's return ([`RetryPolicy`]). Flush and shutdown keep their
//!   deadline whatever the exporter does ([`Pipeline`]).
//! - Harm: a panic costs one batch, and 0.1 s later a new exporter goes on. The worker logs at most
//!   one line per cause and 10 s, and nothing that runs on its thread is traced.
//!
//! What is small and frequent need not be queued one by one: an item may [take in](Absorb) what comes after it.

mod absorb;
mod accounting;
mod batch;
mod budget;
mod builder;
mod exporter;
mod handle;
mod joined_thread;
mod losses;
mod producer;
mod queue;
mod quiet;
mod report;
mod retry;
mod scheduled;
mod self_log;
mod skipped;
mod state;
mod telemetry;
mod weigh;
mod worker;

pub use absorb::Absorb;
pub use accounting::{Accounting, DropReason};
pub use budget::{Budget, Reservation};
pub use builder::PipelineBuilder;
pub use exporter::{ExportError, Exporter};
pub use handle::Pipeline;
pub use joined_thread::JoinedThread;
pub use producer::Producer;
pub use report::Report;
pub use retry::RetryPolicy;
pub use scheduled::{Occasion, Scheduled};
pub use weigh::Weigh;
pub use worker::is_worker_thread;
