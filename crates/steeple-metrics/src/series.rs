use std::{
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::Duration,
};

use crate::cell::Cell;

/// A series' cell and what the last look at it saw.
#[derive(Debug)]
pub(crate) struct Series {
    pub(crate) cell: Cell,
    seen: AtomicU64,
    changed_at: AtomicU64,
}

/// No look happened yet.
const NEVER: u64 = u64::MAX;

impl Series {
    pub(crate) fn new(cell: Cell) -> Self {
        Self {
            cell,
            seen: AtomicU64::new(0),
            changed_at: AtomicU64::new(NEVER),
        }
    }

    /// Notes whether the series changed since the last look, and tells whether it has been idle for
    /// `timeout`; `now` counts milliseconds from any fixed moment.
    pub(crate) fn is_idle(&self, now: u64, timeout: Duration) -> bool {
        let fingerprint = self.cell.fingerprint();
        let changed_at = self.changed_at.load(Relaxed);
        if changed_at == NEVER || self.seen.load(Relaxed) != fingerprint {
            self.seen.store(fingerprint, Relaxed);
            self.changed_at.store(now, Relaxed);
            return false;
        }
        !self.cell.holds_state()
            && u128::from(now.saturating_sub(changed_at)) >= timeout.as_millis()
    }
}
