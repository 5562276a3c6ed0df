//! Lines on disk for as long as their backend is away.
//!
//! ```
//! use std::time::Duration;
//!
//! use steeple_core::pipeline::{ExportError, PipelineBuilder};
//! use steeple_logs::{Lines, spool::Spool};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let directory = tempfile::tempdir()?;
//! # let directory = directory.path();
//! let spool = Spool::in_directory(directory).max_bytes(1 << 30);
//! let exporters = spool.before("backend-spool", || {
//!     async |batch: &[Lines]| {
//!         // Sends them.
//! #       let _ = batch;
//!         Ok::<(), ExportError>(())
//!     }
//! })?;
//! let pipeline = PipelineBuilder::new("backend").spawn(exporters);
//! # let _ = pipeline.shutdown_blocking(Duration::ZERO);
//! # Ok(())
//! # }
//! ```
//!
//! # What becomes of a batch
//!
//! It is sent at once, as long as nothing is on disk. Where that fails but may be tried again, or takes more than
//! [`PATIENCE`](Spool::PATIENCE), it goes to disk, and what comes after it goes there, too, until all of that is delivered:
//! lines arrive in their order. For the pipeline it is exported then. A second [pipeline](steeple_core::pipeline), of the name that
//! [`before`](Spool::before) is given, sends what is on disk, for as long as it takes; its metrics tell of that. What it has
//! not delivered when it ends is `dropped` as `shutdown`, but stays on disk, and is sent by the next process that uses the directory.
//!
//! # What survives
//!
//! A batch is on disk, synced, before it counts as exported: it survives SIGKILL, and a machine that fails. What only
//! waits in memory does not. Each line has a checksum: one that is damaged is lost alone, and counted
//! in `steeple_spool_damaged_lines_total`. Each has its [id](crate::LineId) there, too, so that a backend that knows ids has each
//! once, even if a process ends between sending a batch and removing it; others may get that batch, and one that broke
//! off, twice.
//!
//! # What is bounded
//!
//! The bytes on disk, in whole blocks of 4 KiB. A batch that finds no room stays in the pipeline and is tried again, so that it is the
//! newest lines that are lost when the pipeline's memory is full as well, and the pipeline counts them.

mod directory;
mod error;
mod record;
mod replay;
mod segment;
mod settings;
mod spooled;

pub use self::{error::SpoolError, settings::Spool, spooled::Spooled};
