use std::time::{Duration, SystemTime};

use crate::{
    HistogramSnapshot, Labels,
    cell::Cell,
    sync::atomic::{
        AtomicBool, AtomicU64,
        Ordering::{Acquire, Relaxed, Release},
    },
};

/// A series' cell and what the last look at it saw. Looks need no lock.
#[derive(Debug)]
pub(crate) struct Series {
    pub(crate) labels: Labels,
    pub(crate) cell: Cell,
    seen: AtomicU64,
    changed_at: AtomicU64,
    dropped: AtomicBool,
    /// By which the index of keys finds the series, if it does.
    key_hash: AtomicU64,
    /// Takes no memory but for registries that ask for it.
    origin: Option<Box<Origin>>,
}

/// What a series remembers of its registration.
#[derive(Debug, Default)]
pub(crate) struct Origin {
    /// The labels with names of any characters, where some have them.
    pub(crate) utf8_labels: Option<Box<str>>,
    pub(crate) created: Option<SystemTime>,
}

/// No look happened yet.
const NEVER: u64 = u64::MAX;

impl Series {
    pub(crate) fn new(labels: Labels, cell: Cell, origin: Origin) -> Self {
        let remembers = origin.utf8_labels.is_some() || origin.created.is_some();
        Self {
            labels,
            cell,
            seen: AtomicU64::new(0),
            changed_at: AtomicU64::new(NEVER),
            dropped: AtomicBool::new(false),
            key_hash: AtomicU64::new(0),
            origin: remembers.then(|| Box::new(origin)),
        }
    }

    /// The labels with names of any characters, where some have them and are wanted.
    pub(crate) fn utf8_labels(&self) -> Option<&str> {
        self.origin.as_ref()?.utf8_labels.as_deref()
    }

    /// When the series was made, if that is wanted.
    pub(crate) fn created(&self) -> Option<SystemTime> {
        self.origin.as_ref()?.created
    }

    /// Since when the series' distribution counts, if that is wanted.
    pub(crate) fn counted_since(&self, distribution: &HistogramSnapshot) -> Option<SystemTime> {
        let created = self.created()?;
        Some(distribution.started_over.unwrap_or(created))
    }

    /// Reads from all memory that a look at the series reads, so that it is near when that comes; what it is does not matter.
    pub(crate) fn touch(&self) -> u64 {
        let text = self.labels.as_str().as_bytes();
        self.cell.touch() ^ u64::from(text.last().copied().unwrap_or_default())
    }

    /// Notes whether the series changed since the last look, and tells whether it has been idle for
    /// `timeout`; `now` counts milliseconds from any fixed moment.
    pub(crate) fn is_idle(&self, now: u64, timeout: Duration) -> bool {
        let fingerprint = self.cell.fingerprint();
        // Who reads what another look has seen reads when, too.
        let seen = self.seen.load(Acquire);
        let changed_at = self.changed_at.load(Relaxed);
        if changed_at == NEVER || seen != fingerprint {
            self.changed_at.store(now, Relaxed);
            self.seen.store(fingerprint, Release);
            return false;
        }
        !self.cell.holds_state()
            && u128::from(now.saturating_sub(changed_at)) >= timeout.as_millis()
    }

    /// Whether the series is idle and nobody can record into it any more.
    pub(crate) fn is_droppable(&self, now: u64, timeout: Duration) -> bool {
        self.is_left_idle(|| self.cell.has_handles(), now, timeout)
    }

    /// Whoever records while this is asked has a handle until it has done so: whether there is one is asked first.
    fn is_left_idle(
        &self,
        has_handles: impl FnOnce() -> bool,
        now: u64,
        timeout: Duration,
    ) -> bool {
        !has_handles() && self.is_idle(now, timeout)
    }

    /// Whether its metric has let go of the series.
    pub(crate) fn is_dropped(&self) -> bool {
        self.dropped.load(Relaxed)
    }

    pub(crate) fn drop_from_metric(&self) {
        self.dropped.store(true, Relaxed);
    }

    pub(crate) fn key_hash(&self) -> u64 {
        self.key_hash.load(Relaxed)
    }

    pub(crate) fn set_key_hash(&self, hash: u64) {
        self.key_hash.store(hash, Relaxed);
    }
}

#[cfg(all(test, loom))]
mod under_loom {
    use std::sync::Arc;

    use loom::{sync::atomic::AtomicUsize, thread};
    use metrics::CounterFn;

    use super::*;
    use crate::{
        cell::{CounterCell, are_several},
        sync::model,
    };

    const TIMEOUT: Duration = Duration::from_millis(50);

    /// A series that a look has seen.
    fn seen(counter: &Arc<CounterCell>) -> Series {
        let cell = Cell::Counter(Arc::clone(counter));
        let series = Series::new(Labels::from_escaped(""), cell, Origin::default());
        assert!(!series.is_idle(0, TIMEOUT));
        series
    }

    #[test]
    fn a_look_that_sees_what_another_look_saw_does_not_take_the_series_for_idle() {
        model(|| {
            let counter = Arc::new(CounterCell::new());
            let series = Arc::new(seen(&counter));
            let recorder = thread::spawn({
                let counter = Arc::clone(&counter);
                move || counter.increment(1)
            });
            let other = thread::spawn({
                let series = Arc::clone(&series);
                move || series.is_idle(100, TIMEOUT)
            });
            let is_new = counter.total() == 1;
            let is_idle = series.is_idle(100, TIMEOUT);
            assert!(!(is_new && is_idle));
            recorder.join().unwrap();
            other.join().unwrap();
            // Whoever looks next sees it, unless one of the two has.
            assert!(!series.is_idle(149, TIMEOUT));
        });
    }

    #[test]
    fn a_series_into_which_the_last_handle_records_is_not_dropped_when_that_goes() {
        model(|| {
            let counter = Arc::new(CounterCell::new());
            let series = seen(&counter);
            // As `Arc` counts them, which loom cannot look into: the registry and a handle.
            let owners = Arc::new(AtomicUsize::new(2));
            let handle = thread::spawn({
                let owners = Arc::clone(&owners);
                move || {
                    counter.increment(1);
                    owners.fetch_sub(1, Release);
                }
            });
            let has_handles = || are_several(|| owners.load(Relaxed));
            assert!(!series.is_left_idle(has_handles, 100, TIMEOUT));
            handle.join().unwrap();
        });
    }
}
