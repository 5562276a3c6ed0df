use std::{
    sync::Arc,
    thread::{self, ThreadId},
    time::Duration,
};

use tokio::sync::oneshot;

use super::{Accounting, Producer, Report, Weigh, queue::Queue};

/// The owner of a pipeline: it flushes it and ends it.
///
/// Dropping it shuts the pipeline down and blocks for at most
/// [`drop_deadline`](super::PipelineBuilder::drop_deadline), 1 s by default; call
/// [`shutdown`](Self::shutdown) before to choose the deadline and to learn what was lost.
///
/// Deadlines are kept on every runtime and on none: the worker runs on a thread of its own, and one
/// that does not end in time is left behind. In a child of `fork`, where that thread does not
/// exist, the queue stays bounded and a shutdown counts its items as lost.
#[derive(Debug)]
#[must_use = "dropping it shuts the pipeline down"]
pub struct Pipeline<T: Send + 'static> {
    ending: Ending<T>,
    drop_deadline: Duration,
}

impl<T: Send + 'static> Pipeline<T> {
    pub(super) fn new(
        queue: Arc<Queue<T>>,
        worker: Option<ThreadId>,
        drop_deadline: Duration,
    ) -> Self {
        Self {
            ending: Ending { queue, worker },
            drop_deadline,
        }
    }

    /// A handle that pushes items.
    #[must_use]
    pub fn producer(&self) -> Producer<T>
    where
        T: Weigh,
    {
        Producer::new(self.ending.queue.clone())
    }

    /// The figures at this moment.
    #[must_use]
    pub fn accounting(&self) -> Accounting {
        self.ending.queue.accounting()
    }

    /// Exports what is queued now without waiting for batches to fill, for at most `deadline`.
    ///
    /// Works on any runtime, with or without timers. Dropping the future ends the wait, not the
    /// flush.
    pub async fn flush(&self, deadline: Duration) -> Report {
        self.ending
            .detached("flush", move |ending| ending.flush(deadline))
            .await
    }

    /// [`flush`](Self::flush) for code that is not async. On the pipeline's own thread it does not
    /// wait.
    pub fn flush_blocking(&self, deadline: Duration) -> Report {
        self.ending.flush(deadline)
    }

    /// Takes no more items, exports what is queued for at most `deadline`, and drops the rest as
    /// [`DropReason::Shutdown`](super::DropReason::Shutdown).
    ///
    /// A pause between attempts is cut short, and an attempt under way at the deadline is
    /// cancelled. Works on any runtime, with or without timers. A second call reports what
    /// happened during it; of several at a time the earliest deadline holds. Dropping the future
    /// ends the wait, not the shutdown.
    pub async fn shutdown(&self, deadline: Duration) -> Report {
        self.ending
            .detached("shutdown", move |ending| ending.shut_down(deadline))
            .await
    }

    /// [`shutdown`](Self::shutdown) for code that is not async. On the pipeline's own thread it
    /// does not wait.
    pub fn shutdown_blocking(&self, deadline: Duration) -> Report {
        self.ending.shut_down(deadline)
    }
}

impl<T: Send + 'static> Drop for Pipeline<T> {
    fn drop(&mut self) {
        // Nobody is left to read the report; the metrics tell what was lost.
        let _ = self.ending.shut_down(self.drop_deadline);
    }
}

/// What it takes to flush and end a pipeline, from any thread.
#[derive(Debug)]
struct Ending<T> {
    queue: Arc<Queue<T>>,
    worker: Option<ThreadId>,
}

impl<T: Send + 'static> Ending<T> {
    fn flush(&self, deadline: Duration) -> Report {
        self.queue.flush(deadline, self.may_wait())
    }

    fn shut_down(&self, deadline: Duration) -> Report {
        self.queue.shut_down(deadline, self.may_wait())
    }

    /// The worker would wait for itself.
    fn may_wait(&self) -> bool {
        self.worker != Some(thread::current().id())
    }

    /// Waits on another thread, because the caller's runtime may have no timer and must go on.
    async fn detached(
        &self,
        purpose: &str,
        wait: impl Fn(&Self) -> Report + Copy + Send + 'static,
    ) -> Report {
        let (sender, receiver) = oneshot::channel();
        let ending = Self {
            queue: self.queue.clone(),
            worker: self.worker,
        };
        let waiter = thread::Builder::new()
            .name(format!("steeple-{purpose}"))
            .spawn(move || sender.send(wait(&ending)));
        // Without a thread to wait on, blocking until the deadline is better than losing the queue;
        // a dropped sender means that the thread was not spawned.
        drop(waiter);
        match receiver.await {
            Ok(report) => report,
            Err(_) => wait(self),
        }
    }
}
