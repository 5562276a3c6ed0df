use std::{
    cell::Cell,
    future::poll_fn,
    pin::pin,
    ptr,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use tokio::time::timeout;

use super::{
    DropReason, ExportError, Exporter, RetryPolicy,
    batch::Batch,
    losses::Losses,
    queue::Queue,
    quiet::{Panic, Quiet},
    retry::Backoff,
    self_log::SelfLog,
    state::Phase,
};

/// The pause after a panic, which keeps a broken exporter from using up a core.
const RESTART_PAUSE: Duration = Duration::from_millis(100);

thread_local! {
    /// The queue that this thread works for. An address, because thread ids are gone by the time
    /// that thread-locals are dropped, and a pipeline may be one of them.
    static WORKS_FOR: Cell<*const ()> = const { Cell::new(ptr::null()) };
}

/// Whether the current thread is the worker of a pipeline.
///
/// Whoever observes or records should do nothing here: a pipeline must not feed on its own
/// exports.
#[must_use]
pub fn is_worker_thread() -> bool {
    !WORKS_FOR.get().is_null()
}

/// Whether the current thread is the worker of `queue`.
pub(super) fn works_for<T>(queue: &Arc<Queue<T>>) -> bool {
    ptr::addr_eq(WORKS_FOR.get(), Arc::as_ptr(queue))
}

/// Starts the worker of `queue` on a thread of its own; where that fails the queue is closed.
pub(super) fn start<T, E, F>(
    thread: thread::Builder,
    name: &'static str,
    queue: Arc<Queue<T>>,
    retry: RetryPolicy,
    factory: F,
) where
    T: Send + 'static,
    E: Exporter<T>,
    F: FnMut() -> E + Send + 'static,
{
    let mut log = SelfLog::new(name);
    let ended = Ended(queue);
    let spawned = thread.spawn(move || {
        WORKS_FOR.set(Arc::as_ptr(&ended.0).cast());
        crate::panic::be_ours();
        match Quiet::new() {
            Ok(runtime) => Worker {
                queue: &ended.0,
                runtime,
                retry,
                factory,
                losses: Losses::default(),
                log,
            }
            .run(),
            Err(error) => log.not_started(&error),
        }
    });
    if let Err(error) = spawned {
        SelfLog::new(name).not_started(&error);
    }
}

/// Closes the queue when its worker is gone, however it went, or when it never came.
struct Ended<T>(Arc<Queue<T>>);

impl<T> Drop for Ended<T> {
    fn drop(&mut self) {
        self.0.worker_ended();
    }
}

struct Worker<'a, T, F> {
    queue: &'a Queue<T>,
    runtime: Quiet,
    retry: RetryPolicy,
    factory: F,
    losses: Losses,
    log: SelfLog,
}

impl<T, E, F> Worker<'_, T, F>
where
    E: Exporter<T>,
    F: FnMut() -> E,
{
    fn run(mut self) {
        let mut kept = None;
        while let Some(mut exporter) = kept.take().or_else(|| self.make_exporter()) {
            let Ok(Some(batch)) = self.runtime.block_on(self.queue.next_batch()) else {
                self.discard(exporter);
                break;
            };
            match self.deliver(&mut exporter, batch) {
                Ok(()) => kept = Some(exporter),
                Err(panic) => {
                    self.discard(exporter);
                    self.recover(&panic);
                }
            }
            self.log.refusals(&self.queue.accounting());
        }
        if let Err(panic) = self.runtime.end() {
            self.log.panicked(&panic);
        }
    }

    /// A new exporter, or `None` once the pipeline is closed.
    fn make_exporter(&mut self) -> Option<E> {
        while self.queue.phase() != Phase::Closed {
            match self.runtime.enter(&mut self.factory) {
                Ok(exporter) => return Some(exporter),
                Err(panic) => self.recover(&panic),
            }
        }
        None
    }

    /// Drops an exporter where another panic does no harm.
    fn discard(&mut self, exporter: E) {
        if let Err(panic) = self.runtime.enter(|| drop(exporter)) {
            self.log.panicked(&panic);
        }
    }

    fn recover(&mut self, panic: &Panic) {
        self.log.panicked(panic);
        self.pause(RESTART_PAUSE, Phase::Closed);
    }

    /// Exports one batch, as often as the retry policy allows, and counts what became of it.
    fn deliver(&mut self, exporter: &mut E, batch: Batch<T>) -> Result<(), Panic> {
        let outcome = self.try_deliver(exporter, &batch);
        let all = batch.count();
        let (lost, result) = match outcome {
            Ok(lost) => (lost, Ok(())),
            Err(panic) => (Some((DropReason::ExporterPanicked, all)), Err(panic)),
        };
        self.queue.settle(batch, lost);
        if lost.is_none_or(|(_, count)| count < all) {
            self.tell_losses(exporter)?;
        }
        result
    }

    /// Tells the backend, which has just taken something, what was lost before.
    fn tell_losses(&mut self, exporter: &mut E) -> Result<(), Panic> {
        let accounting = self.queue.accounting();
        if let Some(lost) = self.losses.due(&accounting, Instant::now())
            && let Some(Ok(())) = self.attempt(|| exporter.tell_lost(lost))?
        {
            self.losses.told(lost);
        }
        Ok(())
    }

    /// Exports the items of `batch` and returns how many were lost, and why.
    fn try_deliver(
        &mut self,
        exporter: &mut E,
        batch: &Batch<T>,
    ) -> Result<Option<(DropReason, u64)>, Panic> {
        let all = batch.count();
        let retry = self.retry.clone();
        let mut backoff = Backoff::new(&retry);
        let mut left = all;
        loop {
            let started = Instant::now();
            let Some(result) = self.attempt(|| exporter.export(batch.items()))? else {
                return Ok(Some((DropReason::Shutdown, all)));
            };
            let error = match result {
                Ok(()) => return Ok(None),
                Err(error @ ExportError::Permanent { .. }) => {
                    self.log.failed(&error);
                    return Ok(Some((DropReason::ExporterFailed, all)));
                }
                Err(error @ ExportError::Partial { rejected, .. }) => {
                    self.log.rejected(&error);
                    return Ok(Some((DropReason::Rejected, rejected.min(all))));
                }
                Err(ExportError::LeftOut { reason }) => return Ok(Some((reason, all))),
                Err(error) => error,
            };
            let retry_after = match error {
                ExportError::Retryable { retry_after, .. } => retry_after,
                ExportError::Unfinished {
                    left: items,
                    retry_after,
                    ..
                } => {
                    left = items.min(all);
                    retry_after
                }
                _ => None,
            };
            let Some(pause) = backoff.next(started.elapsed(), retry_after) else {
                self.log.gave_up(&error);
                return Ok(Some((DropReason::RetriesExhausted, left)));
            };
            self.log.retrying(&error);
            self.log.refusals(&self.queue.accounting());
            self.back_off(pause);
        }
    }

    /// One attempt, or `None` if the pipeline was closed before it ended.
    fn attempt<A: Future<Output = Result<(), ExportError>>>(
        &self,
        export: impl FnOnce() -> A,
    ) -> Result<Option<Result<(), ExportError>>, Panic> {
        let limit = self.retry.timeout();
        let export = async {
            timeout(limit, export())
                .await
                .unwrap_or(Err(ExportError::TimedOut { limit }))
        };
        self.runtime
            .block_on(unless(self.queue.reaches(Phase::Closed), export))
    }

    /// Pauses before another attempt; the start of a shutdown cuts the pause short, for there is
    /// no time to lose.
    fn back_off(&self, pause: Duration) {
        let until = match self.queue.phase() {
            Phase::Running => Phase::Draining,
            Phase::Draining | Phase::Closed => Phase::Closed,
        };
        self.pause(pause, until);
    }

    fn pause(&self, pause: Duration, until: Phase) {
        let pause = async { timeout(pause, self.queue.reaches(until)).await };
        // However the pause ended, work goes on with the phase that is reached.
        let _ = self.runtime.block_on(pause);
    }
}

/// The output of `work`, or `None` if `cancel` ends first.
async fn unless<W: Future>(cancel: impl Future, work: W) -> Option<W::Output> {
    let (mut cancel, mut work) = (pin!(cancel), pin!(work));
    poll_fn(|context| {
        let done = work.as_mut().poll(context).map(Some);
        if done.is_ready() {
            return done;
        }
        cancel.as_mut().poll(context).map(|_| None)
    })
    .await
}

#[cfg(test)]
mod tests {
    use std::{sync::Arc, thread, time::Duration};

    use super::start;
    use crate::pipeline::{
        DropReason, ExportError, RetryPolicy,
        batch::Limits,
        budget::{Account, Budget},
        queue::Queue,
        telemetry::Telemetry,
    };

    #[test]
    fn a_thread_that_cannot_be_spawned_leaves_a_pipeline_that_counts() {
        let telemetry = Telemetry::new("unspawned");
        let account = Account {
            own: Budget::new(100),
            shared: Budget::new(100),
            gauge: telemetry.queued_bytes(),
        };
        let limits = Limits {
            max_items: 1,
            max_bytes: 1,
            max_delay: Duration::ZERO,
            max_queued: u64::MAX,
        };
        let queue = Arc::new(Queue::new(limits, account, telemetry));
        let more_than_the_address_space = 1 << 50;
        let thread = thread::Builder::new().stack_size(more_than_the_address_space);
        let exporter = || async |_: &[String]| Ok::<(), ExportError>(());
        start(
            thread,
            "unspawned",
            queue.clone(),
            RetryPolicy::default(),
            exporter,
        );

        queue.push("lost".to_owned());
        assert_eq!(queue.accounting().dropped(DropReason::NotRunning), 1);
        let report = queue.shut_down(Duration::from_secs(60), true);
        assert!(report.is_complete(), "{report:?}");
    }
}
