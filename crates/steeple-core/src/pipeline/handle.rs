use std::{fmt, sync::Arc, thread, time::Duration};

use tokio::sync::oneshot;

use super::{Accounting, Producer, Report, Weigh, queue::Queue, worker::works_for};

/// The owner of a pipeline: it flushes it and ends it.
///
/// Dropping it shuts the pipeline down and blocks for at most
/// [`drop_deadline`](super::PipelineBuilder::drop_deadline), 1 s by default; call
/// [`shutdown`](Self::shutdown) before to choose the deadline and to learn what was lost.
///
/// Deadlines are kept on every runtime and on none: the worker runs on a thread of its own, and one
/// that does not end in time is left behind. A child of `fork` has no such thread: build pipelines
/// after it.
#[must_use = "dropping it shuts the pipeline down"]
pub struct Pipeline<T: Send + 'static> {
    queue: Arc<Queue<T>>,
    drop_deadline: Duration,
}

impl<T: Send + 'static> Pipeline<T> {
    pub(super) fn new(queue: Arc<Queue<T>>, drop_deadline: Duration) -> Self {
        Self {
            queue,
            drop_deadline,
        }
    }

    /// A handle that pushes items.
    #[must_use]
    pub fn producer(&self) -> Producer<T>
    where
        T: Weigh,
    {
        Producer::new(self.queue.clone())
    }

    /// The figures at this moment.
    #[must_use]
    pub fn accounting(&self) -> Accounting {
        self.queue.accounting()
    }

    /// Exports what is queued now without waiting for batches to fill, for at most `deadline`.
    ///
    /// Works on any runtime, with or without timers. Dropping the future ends the wait, not the
    /// flush.
    pub async fn flush(&self, deadline: Duration) -> Report {
        off_thread(&self.queue, move |queue| flush(queue, deadline)).await
    }

    /// [`flush`](Self::flush) for code that is not async. On the pipeline's own thread it does not
    /// wait.
    pub fn flush_blocking(&self, deadline: Duration) -> Report {
        flush(&self.queue, deadline)
    }

    /// Takes no more items, exports what is queued for at most `deadline`, and drops the rest as
    /// [`DropReason::Shutdown`](super::DropReason::Shutdown).
    ///
    /// A pause between attempts is cut short, and an attempt under way at the deadline is
    /// cancelled. Works on any runtime, with or without timers. A second call reports what
    /// happened during it; of several at a time the earliest deadline holds. Dropping the future
    /// ends the wait, not the shutdown.
    pub async fn shutdown(&self, deadline: Duration) -> Report {
        off_thread(&self.queue, move |queue| shut_down(queue, deadline)).await
    }

    /// [`shutdown`](Self::shutdown) for code that is not async. On the pipeline's own thread it
    /// does not wait.
    pub fn shutdown_blocking(&self, deadline: Duration) -> Report {
        shut_down(&self.queue, deadline)
    }
}

impl<T: Send + 'static> Drop for Pipeline<T> {
    fn drop(&mut self) {
        // Nobody is left to read the report; the metrics tell what was lost.
        let _ = shut_down(&self.queue, self.drop_deadline);
    }
}

impl<T: Send + 'static> fmt::Debug for Pipeline<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_tuple("Pipeline")
            .field(&self.accounting())
            .finish()
    }
}

fn flush<T>(queue: &Arc<Queue<T>>, deadline: Duration) -> Report {
    queue.flush(deadline, !works_for(queue))
}

fn shut_down<T>(queue: &Arc<Queue<T>>, deadline: Duration) -> Report {
    queue.shut_down(deadline, !works_for(queue))
}

/// Waits on another thread, because the caller's runtime must go on and may have no timers.
async fn off_thread<T: Send + 'static>(
    queue: &Arc<Queue<T>>,
    wait: impl Fn(&Arc<Queue<T>>) -> Report + Copy + Send + 'static,
) -> Report {
    let (sender, report) = oneshot::channel();
    let shared = queue.clone();
    let waiter = thread::Builder::new()
        .name("steeple-wait".to_owned())
        .spawn(move || sender.send(wait(&shared)));
    drop(waiter);
    match report.await {
        Ok(report) => report,
        // Where no thread can be had, blocking until the deadline is better than losing the queue.
        Err(_) => wait(queue),
    }
}
