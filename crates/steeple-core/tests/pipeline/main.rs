//! The export pipeline against backends that stall, fail, panic and drip.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

mod absorbing;
mod accounting;
mod batching;
mod bounds;
mod endings;
mod losses;
mod panics;
mod retries;
mod self_observation;
mod support;
