use std::{sync::atomic::AtomicU64, time::Duration};

use super::ErrorSink;

/// Who is told of errors, and how long a dying process waits for that.
pub(crate) struct Reporting {
    pub(crate) sinks: Vec<Box<dyn ErrorSink>>,
    pub(crate) rescue_deadline: Duration,
    /// How many reports there was no room for on their way to the sinks since that was last told.
    pub(crate) lost: AtomicU64,
}

impl Reporting {
    /// Whether anybody is told.
    #[inline]
    pub(crate) fn is_on(&self) -> bool {
        !self.sinks.is_empty()
    }
}

impl Default for Reporting {
    fn default() -> Self {
        Self {
            sinks: Vec::new(),
            rescue_deadline: Duration::from_millis(500),
            lost: AtomicU64::new(0),
        }
    }
}
