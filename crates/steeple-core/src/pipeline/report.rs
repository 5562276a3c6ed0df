use super::{Accounting, state::State};

/// What became of the queue during a flush or a shutdown.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[must_use = "it says what was lost"]
#[non_exhaustive]
pub struct Report {
    /// Items exported during the call.
    pub exported: u64,
    /// Items dropped during the call after they had been queued: refused by the backend, lost to
    /// a panic, given up, or still queued at the deadline of a shutdown. Of the last, the backend
    /// may have received those of the one batch that was on its way.
    pub lost: u64,
    /// Items that a flush was to wait for and that are still queued; 0 after a shutdown.
    pub pending: u64,
}

impl Report {
    /// Whether nothing was lost or left behind.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.lost == 0 && self.pending == 0
    }

    /// What became of all items in between, those included that were never queued.
    pub(super) fn between(before: &Accounting, after: &Accounting) -> Self {
        Self {
            exported: after.exported - before.exported,
            lost: after.dropped_total() - before.dropped_total(),
            pending: after.queued,
        }
    }

    pub(super) fn start<T>(state: &State<T>) -> Start {
        Start {
            settled: state.settled(),
            exported: state.exported,
        }
    }
}

/// The figures at the start of a call.
#[derive(Debug)]
pub(super) struct Start {
    settled: u64,
    exported: u64,
}

impl Start {
    pub(super) fn end<T>(self, state: &State<T>, target: u64) -> Report {
        let exported = state.exported - self.exported;
        Report {
            exported,
            lost: state.settled() - self.settled - exported,
            pending: target.saturating_sub(state.settled()),
        }
    }
}
