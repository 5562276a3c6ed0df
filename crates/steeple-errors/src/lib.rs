//! Groups the errors of a service in the service itself: how many of each there were, since when, how often now, where, and the last
//! of them with all that is known. No server is needed.
//!
//! ```
//! use std::time::Duration;
//!
//! use steeple_core::{Observer, current};
//! use steeple_errors::ErrorTracker;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let tracker = ErrorTracker::builder().start()?;
//! let observer = Observer::builder().error_sink(tracker.sink()).build()?;
//!
//! observer.observe("job", "nightly").run(|| current::attach(&std::fmt::Error));
//!
//! let _ = tracker.flush_blocking(Duration::from_secs(5));
//! let [group] = &tracker.groups()[..] else { panic!("one group") };
//! assert_eq!((group.count, group.routes().next()), (1, Some(("job nightly", 1))));
//! # Ok(())
//! # }
//! ```
//!
//! # What is the same
//!
//! Failures are of one group if they have the same fingerprint. The application may [tell](steeple_core::current::fingerprint) it, or
//! have [rules](steeple_core::errors::FingerprintRule) for it, with the part `{{ default }}` for what it would be otherwise: the types of
//! the error and of what caused it; the location of the panic, or the three calls of the application's own on top; the route or the
//! job. Where neither place is known, as where the program has no symbols, the messages count instead, without their numbers, ids and
//! quoted texts.
//!
//! # What is bounded
//!
//! | | at most |
//! |---|---|
//! | groups | 500; the one that was not seen for the longest time leaves, counted |
//! | samples of a group | the last 3 |
//! | memory of groups | 16 MiB |
//! | routes and users that a group tells apart | 20 and 256 |
//! | reports that wait | 8 MiB, as in every [pipeline](steeple_core::pipeline); what finds no room is counted |
//! | the file | 8 MiB, or twice what the groups take |
//!
//! Whoever fails only queues a report. Names of functions are looked up, and the file is written, on the tracker's thread.
//!
//! # What is kept of whom
//!
//! Messages, breadcrumbs and tags are kept as they are: what is secret must not be in them. Of a user there is a hash, by a key that is in
//! the file alone, and of requests neither paths nor queries, headers and addresses.
//!
//! # Metrics
//!
//! | metric | |
//! |---|---|
//! | `steeple_errors_total{kind}` | failures that were reported, grouped or not |
//! | `steeple_error_groups` | groups that are kept |
//! | `steeple_error_groups_evicted_total` | groups that there was no room for any more |
//! | `steeple_error_records_lost_total` | records in the file that were damaged |
//! | `steeple_error_writes_failed_total` | attempts to write the file that failed |
//! | `steeple_pipeline_*{pipeline="errors"}` | what became of the reports |

mod api;
mod builder;
mod counts;
mod error;
mod fingerprint;
mod frame;
mod group;
mod groups;
mod id;
mod journal;
mod json;
mod minutes;
mod normal;
mod recorder;
mod sample;
mod sink;
mod store;
mod sync;
mod telemetry;
#[cfg(test)]
mod testing;
mod time;
mod tracker;
mod users;

use self::sync::lock;
pub use self::{
    builder::ErrorTrackerBuilder,
    error::TrackerError,
    frame::Frame,
    group::Group,
    id::{GroupId, GroupIdError},
    sample::{Cause, Crumb, Sample},
    sink::TrackerSink,
    store::Figures,
    tracker::{ErrorReader, ErrorTracker},
};
