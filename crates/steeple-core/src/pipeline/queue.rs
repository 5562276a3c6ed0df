use std::{
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{sync::Notify, time};

use super::{
    Absorb, Accounting, DropReason, Report, Weigh,
    accounting::PerReason,
    batch::{Batch, Limits},
    budget::{Account, Budget},
    quiet::free,
    skipped::Skipped,
    state::{Admitted, Next, Phase, State},
    telemetry::Telemetry,
    weigh::Weight,
};

/// What producers, the worker and the owner of a pipeline share.
///
/// The lock is held for a few counters and one move at a time: never while an item is weighed or
/// freed, a metric recorded or a batch exported.
pub(super) struct Queue<T> {
    state: Mutex<State<T>>,
    skipped: Skipped,
    bytes: Budget,
    telemetry: Telemetry,
    /// Wakes the worker: there is a batch, or another phase.
    work: Notify,
    /// Wakes those who wait for items to settle or for the worker to end.
    progress: Condvar,
}

impl<T> Queue<T> {
    pub(super) fn new(limits: Limits, account: Account, telemetry: Telemetry) -> Self {
        Self {
            bytes: account.own.clone(),
            state: Mutex::new(State::new(limits, account)),
            skipped: Skipped::default(),
            telemetry,
            work: Notify::new(),
            progress: Condvar::new(),
        }
    }

    pub(super) fn push(&self, item: T)
    where
        T: Weigh,
    {
        let weight = Weight::of(&item);
        self.telemetry.created(weight.count);
        let admitted = self.state().admit(item, weight);
        match admitted {
            Ok(Admitted { wake, bytes }) => {
                self.telemetry.holds(bytes);
                if wake {
                    self.work.notify_one();
                }
            }
            Err((reason, item)) => {
                free(item);
                self.telemetry.dropped(reason, weight.count);
            }
        }
    }

    /// Adds `part` to the newest item; false if that has no room or there is none.
    pub(super) fn append<P: ?Sized>(&self, part: &P) -> bool
    where
        T: Absorb<P>,
    {
        let Some(wake) = self.state().append(part) else {
            return false;
        };
        self.telemetry.created(1);
        if wake {
            self.work.notify_one();
        }
        true
    }

    pub(super) fn skip(&self, reason: DropReason, count: u64) {
        self.skipped.add(reason, count);
        self.telemetry.created(count);
        self.telemetry.dropped(reason, count);
    }

    pub(super) fn accounting(&self) -> Accounting {
        // Skipped items are created and dropped in one step: each counter is read once and
        // appears on both sides of the equation.
        let skipped = self.skipped.counts();
        let state = self.state();
        let dropped = PerReason::from_fn(|reason| state.dropped[reason] + skipped[reason]);
        Accounting {
            created: state.created + DropReason::ALL.iter().map(|r| skipped[*r]).sum::<u64>(),
            exported: state.exported,
            queued: state.queued,
            queued_bytes: self.bytes.used(),
            dropped,
        }
    }

    /// The next batch for the worker, or `None` when it is to end.
    pub(super) async fn next_batch(&self) -> Option<Batch<T>> {
        loop {
            let next = self.state().next();
            match next {
                Next::Export(batch) => return Some(batch),
                Next::Stop => return None,
                Next::Wait(None) => self.work.notified().await,
                Next::Wait(Some(delay)) => {
                    // Whether it was news or the delay that ended the wait, the state tells.
                    let _ = time::timeout(delay, self.work.notified()).await;
                }
            }
        }
    }

    /// Waits until the pipeline is in `phase` or a later one; for the worker alone, because one
    /// waiter hears each notification.
    pub(super) async fn reaches(&self, phase: Phase) {
        while self.phase() < phase {
            self.work.notified().await;
        }
    }

    pub(super) fn phase(&self) -> Phase {
        self.state().phase
    }

    pub(super) fn settle(&self, batch: Batch<T>, lost: Option<(DropReason, u64)>) {
        let count = batch.count();
        let spare = batch.into_spare();
        let mut state = self.state();
        let counted = state.settle(count, lost);
        state.recycle(spare);
        drop(state);
        if counted {
            self.telemetry.settled(count, lost);
        }
        self.progress.notify_all();
    }

    pub(super) fn flush(&self, deadline: Duration, wait: bool) -> Report {
        let mut state = self.state();
        let before = Report::start(&state);
        let target = state.request_flush();
        self.work.notify_one();
        if wait {
            state = self.wait_while(state, deadline, |state| {
                state.settled() < target && state.phase != Phase::Closed
            });
        }
        before.end(&state, target)
    }

    pub(super) fn shut_down(&self, deadline: Duration, wait: bool) -> Report {
        let mut state = self.state();
        let before = Report::start(&state);
        state.phase = state.phase.max(Phase::Draining);
        self.work.notify_one();
        if wait {
            // Once it is closed, nothing more comes of a worker that does not end.
            state = self.wait_while(state, deadline, |state| state.phase < Phase::Closed);
        }
        self.close(state, DropReason::Shutdown);
        let state = self.state();
        before.end(&state, state.settled())
    }

    pub(super) fn worker_ended(&self) {
        let state = self.state();
        self.close(state, DropReason::NotRunning);
    }

    fn close(&self, mut state: MutexGuard<'_, State<T>>, reason: DropReason) {
        let abandoned = state.close(reason);
        drop(state);
        self.telemetry.dropped(reason, abandoned.lost);
        self.work.notify_one();
        self.progress.notify_all();
    }

    fn wait_while<'a>(
        &self,
        state: MutexGuard<'a, State<T>>,
        deadline: Duration,
        condition: impl FnMut(&mut State<T>) -> bool,
    ) -> MutexGuard<'a, State<T>> {
        self.progress
            .wait_timeout_while(state, deadline, condition)
            .unwrap_or_else(PoisonError::into_inner)
            .0
    }

    fn state(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
