use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use steeple_core::redaction::Redaction;

use crate::{throttle::Throttle, volume::Volume, writers::Writers};

/// How many there were.
static COUNT: AtomicU64 = AtomicU64::new(0);

/// What all that logs has in common.
#[derive(Debug)]
pub(crate) struct Shared {
    /// Tells it from others of the process.
    pub(crate) number: u64,
    pub(crate) writers: Writers,
    pub(crate) redaction: Redaction,
    pub(crate) volume: Volume,
    pub(crate) throttle: Option<Throttle>,
}

/// A number that nothing else has.
pub(crate) fn next_number() -> u64 {
    COUNT.fetch_add(1, Relaxed)
}
