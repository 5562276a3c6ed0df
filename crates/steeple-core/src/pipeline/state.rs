use std::{collections::VecDeque, mem, time::Duration};

use super::{
    Absorb, DropReason,
    accounting::PerReason,
    batch::{Batch, Limits},
    budget::Account,
    weigh::Weight,
};

/// A pipeline's life, in its order.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Phase {
    Running,
    /// Takes no more items and exports those it has.
    Draining,
    /// Exports nothing more.
    Closed,
}

/// What the worker is to do next.
pub(super) enum Next<T> {
    Export(Batch<T>),
    /// Wait for news, or until the open batch is due.
    Wait(Option<Duration>),
    Stop,
}

/// What became of an item that was queued.
#[derive(Debug, PartialEq)]
pub(super) struct Admitted {
    /// Whether the worker must hear of it.
    pub(super) wake: bool,
    /// What it was charged.
    pub(super) bytes: usize,
}

/// The queue and its counters, which change together.
///
/// Batches are formed as items arrive, so that handing one to the worker moves no items.
pub(super) struct State<T> {
    limits: Limits,
    account: Account,
    open: Option<Batch<T>>,
    sealed: VecDeque<Batch<T>>,
    spare: Vec<T>,
    pub(super) phase: Phase,
    pub(super) created: u64,
    pub(super) exported: u64,
    pub(super) queued: u64,
    pub(super) dropped: PerReason<u64>,
    accepted: u64,
    taken: u64,
    flush_to: u64,
}

impl<T> State<T> {
    pub(super) fn new(limits: Limits, account: Account) -> Self {
        Self {
            limits,
            account,
            open: None,
            sealed: VecDeque::new(),
            spare: Vec::new(),
            phase: Phase::Running,
            created: 0,
            exported: 0,
            queued: 0,
            dropped: PerReason::default(),
            accepted: 0,
            taken: 0,
            flush_to: 0,
        }
    }

    /// Queues `item`, or hands it back.
    pub(super) fn admit(&mut self, item: T, weight: Weight) -> Result<Admitted, (DropReason, T)> {
        self.created += weight.count;
        match self.enqueue(item, weight) {
            Ok(admitted) => {
                self.accepted += weight.count;
                self.queued += weight.count;
                Ok(admitted)
            }
            Err((reason, item)) => {
                self.dropped[reason] += weight.count;
                Err((reason, item))
            }
        }
    }

    fn enqueue(&mut self, item: T, weight: Weight) -> Result<Admitted, (DropReason, T)> {
        if self.phase != Phase::Running {
            return Err((DropReason::NotRunning, item));
        }
        if self.queued.saturating_add(weight.count) > self.limits.max_queued {
            return Err((DropReason::QueueFull, item));
        }
        let opens = !self
            .open
            .as_ref()
            .is_some_and(|batch| batch.has_room_for(weight, &self.limits));
        let overhead = if opens { Batch::<T>::OVERHEAD } else { 0 };
        let bytes = weight.bytes.saturating_add(overhead);
        if let Err(reason) = self.account.reserve(bytes) {
            return Err((reason, item));
        }
        // A batch that opens sets the worker's timer and tells it of the one sealed before it.
        if opens {
            self.sealed.extend(self.open.take());
        }
        self.open
            .get_or_insert_with(|| Batch::new(mem::take(&mut self.spare), self.account.clone()))
            .push(item, weight);

        let wake = self.seal_full() || opens;
        Ok(Admitted { wake, bytes })
    }

    /// Adds `part` to the newest item of the open batch and says whether the worker must hear of it; `None` if that has no room
    /// or there is none.
    pub(super) fn append<P: ?Sized>(&mut self, part: &P) -> Option<bool>
    where
        T: Absorb<P>,
    {
        if self.phase != Phase::Running || self.queued >= self.limits.max_queued {
            return None;
        }
        if !self.open.as_mut()?.append(part) {
            return None;
        }
        self.created += 1;
        self.accepted += 1;
        self.queued += 1;
        Some(self.seal_full())
    }

    /// Seals the open batch if it has what a batch may have.
    fn seal_full(&mut self) -> bool {
        let full = self.open.take_if(|batch| batch.has_reached(&self.limits));
        let sealed = full.is_some();
        self.sealed.extend(full);
        sealed
    }

    pub(super) fn next(&mut self) -> Next<T> {
        if self.phase == Phase::Closed {
            return Next::Stop;
        }
        let batch = match self.sealed.pop_front() {
            Some(batch) => batch,
            None => match self.take_open() {
                Ok(batch) => batch,
                Err(next) => return next,
            },
        };
        self.taken += batch.count();
        Next::Export(batch)
    }

    /// The open batch if it is due.
    fn take_open(&mut self) -> Result<Batch<T>, Next<T>> {
        let draining = self.phase == Phase::Draining;
        let Some(open) = self.open.take() else {
            return Err(if draining {
                Next::Stop
            } else {
                Next::Wait(None)
            });
        };
        let remaining = self.limits.max_delay.saturating_sub(open.age());
        if draining || self.flush_to > self.taken || remaining.is_zero() {
            return Ok(open);
        }
        self.open = Some(open);
        Err(Next::Wait(Some(remaining)))
    }

    /// Counts a batch of `count` items of which `lost` were not exported; false if the pipeline was
    /// closed meanwhile, which has counted them all as lost.
    pub(super) fn settle(&mut self, count: u64, lost: Option<(DropReason, u64)>) -> bool {
        if self.phase == Phase::Closed {
            return false;
        }
        self.queued -= count;
        self.exported += count;
        if let Some((reason, lost)) = lost {
            self.exported -= lost;
            self.dropped[reason] += lost;
        }
        true
    }

    /// Keeps the memory of a batch for the next one.
    pub(super) fn recycle(&mut self, spare: Vec<T>) {
        if spare.capacity() > self.spare.capacity() {
            self.spare = spare;
        }
    }

    /// Items that were accepted and since exported or dropped.
    pub(super) fn settled(&self) -> u64 {
        self.accepted - self.queued
    }

    /// Makes all that is queued due and returns the value of [`settled`](Self::settled) that will
    /// say it is done.
    pub(super) fn request_flush(&mut self) -> u64 {
        self.flush_to = self.accepted;
        self.accepted
    }

    /// Drops all that is queued for `reason`; the caller frees it without the lock.
    pub(super) fn close(&mut self, reason: DropReason) -> Abandoned<T> {
        let lost = mem::take(&mut self.queued);
        self.dropped[reason] += lost;
        self.phase = Phase::Closed;
        Abandoned {
            lost,
            batches: mem::take(&mut self.sealed),
            open: self.open.take(),
            spare: mem::take(&mut self.spare),
        }
    }
}

/// What a pipeline held when it was closed.
#[expect(
    dead_code,
    reason = "the batches are held to be freed without the lock"
)]
pub(super) struct Abandoned<T> {
    pub(super) lost: u64,
    batches: VecDeque<Batch<T>>,
    open: Option<Batch<T>>,
    spare: Vec<T>,
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Next, Phase, State};
    use crate::pipeline::{
        DropReason,
        batch::{Batch, Limits},
        budget::{Account, Budget},
        weigh::Weight,
    };

    fn state() -> State<&'static str> {
        let limits = Limits {
            max_items: 2,
            max_bytes: 100,
            max_delay: Duration::from_secs(3600),
            max_queued: u64::MAX,
        };
        let account = Account {
            own: Budget::new(1_000),
            shared: Budget::new(1_000),
            gauge: metrics::Gauge::noop(),
        };
        State::new(limits, account)
    }

    fn of(bytes: usize) -> Weight {
        Weight { bytes, count: 1 }
    }

    #[test]
    fn the_worker_hears_of_a_batch_that_opens_and_of_one_that_is_full() {
        let mut state = state();
        let wakes = |state: &mut State<_>, items| -> Vec<bool> {
            let mut admit = |_| {
                state
                    .admit("item", of(1))
                    .is_ok_and(|admitted| admitted.wake)
            };
            (0..items).map(&mut admit).collect()
        };
        assert_eq!(wakes(&mut state, 6), [true; 6]);
        state.limits.max_items = 4;
        assert_eq!(wakes(&mut state, 4), [true, false, false, true]);
    }

    #[test]
    fn a_batch_that_settles_after_the_close_is_not_counted_again() {
        let mut state = state();
        for _ in 0..3 {
            assert!(state.admit("item", of(1)).is_ok());
        }
        let Next::Export(batch) = state.next() else {
            unreachable!("a full batch is due")
        };
        assert_eq!(state.close(DropReason::Shutdown).lost, 3);
        assert!(!state.settle(batch.count(), None));
        assert_eq!((state.exported, state.queued), (0, 0));
        assert_eq!(state.dropped[DropReason::Shutdown], 3);
        assert_eq!(state.phase, Phase::Closed);
    }

    #[test]
    fn a_draining_pipeline_takes_no_more_and_exports_what_it_has() {
        let mut state = state();
        assert!(state.admit("early", of(1)).is_ok());
        state.phase = Phase::Draining;
        let refused = Err((DropReason::NotRunning, "late"));
        assert_eq!(state.admit("late", of(1)), refused);
        assert!(matches!(state.next(), Next::Export(batch) if batch.items() == ["early"]));
        assert!(matches!(state.next(), Next::Stop));
    }

    #[test]
    fn a_batch_is_charged_for_itself_when_it_opens() {
        let mut state = state();
        let overhead = Batch::<&str>::OVERHEAD;
        let mut charged = |bytes| {
            state
                .admit("item", of(bytes))
                .map(|admitted| admitted.bytes)
        };
        assert_eq!(charged(1), Ok(overhead + 1));
        assert_eq!(charged(1), Ok(1), "the batch is open");
        assert_eq!(charged(60), Ok(overhead + 60), "two items filled it");
        assert_eq!(charged(60), Ok(overhead + 60), "no room for another");
        assert_eq!(state.account.own.used(), 3 * overhead + 122);
        drop(state.close(DropReason::Shutdown));
        assert_eq!(state.account.own.used(), 0);
    }

    #[test]
    fn items_fill_batches_and_the_queue_by_what_they_stand_for() {
        let mut state = state();
        state.limits.max_items = 4;
        state.limits.max_queued = 7;
        let standing_for = |count| Weight { bytes: 1, count };
        let mut admit = |item, count| state.admit(item, standing_for(count)).map(|_| ());
        assert_eq!(admit("three", 3), Ok(()));
        assert_eq!(admit("two", 2), Ok(()), "in a batch of its own");
        let refused = Err((DropReason::QueueFull, "another three"));
        assert_eq!(admit("another three", 3), refused);
        assert_eq!(admit("another two", 2), Ok(()));
        assert_eq!((state.created, state.queued), (10, 7));
        assert_eq!(state.dropped[DropReason::QueueFull], 3);

        let mut batches = Vec::new();
        while let Next::Export(batch) = state.next() {
            batches.push((batch.items().to_vec(), batch.count()));
            assert!(state.settle(batch.count(), Some((DropReason::Rejected, 1))));
        }
        assert_eq!(
            batches,
            [(vec!["three"], 3), (vec!["two", "another two"], 4)]
        );
        assert_eq!((state.exported, state.queued, state.settled()), (5, 0, 7));
        assert_eq!(state.dropped[DropReason::Rejected], 2);
    }

    #[test]
    fn batches_reuse_the_memory_of_earlier_ones() {
        let mut state = state();
        state.recycle(Vec::with_capacity(7));
        state.recycle(Vec::new());
        for _ in 0..2 {
            assert!(state.admit("item", of(1)).is_ok());
        }
        let Next::Export(batch) = state.next() else {
            unreachable!("a full batch is due")
        };
        assert_eq!(batch.into_spare().capacity(), 7);
    }
}
