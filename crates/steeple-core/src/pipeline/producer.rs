use std::{fmt, sync::Arc};

use super::{Absorb, Accounting, DropReason, Weigh, queue::Queue};

/// Pushes items into a pipeline from any thread; clones are cheap.
pub struct Producer<T>(Arc<Queue<T>>);

impl<T: Weigh> Producer<T> {
    pub(super) fn new(queue: Arc<Queue<T>>) -> Self {
        Self(queue)
    }

    /// Queues `item`, or drops and counts it: where there is no room, what came first is kept.
    ///
    /// It does no I/O, never waits for the exporter and never panics. Once batches have grown to
    /// their usual size it does not allocate.
    pub fn push(&self, item: T) {
        self.0.push(item);
    }

    /// Has the newest item take in `part`, if it waits for its batch to fill and has room; false otherwise, so that the caller
    /// [pushes](Self::push) a new item.
    ///
    /// As quick as a push, and allocates nothing.
    #[must_use = "where there is no room a new item is to be pushed"]
    pub fn append<P: ?Sized>(&self, part: &P) -> bool
    where
        T: Absorb<P>,
    {
        self.0.append(part)
    }

    /// Counts an item that a filter, sampler or rate limit refused, so that it was never made.
    pub fn skip(&self, reason: DropReason) {
        self.0.skip(reason, 1);
    }

    /// [`skip`](Self::skip) for what would have [counted](Weigh::count) as several.
    pub fn skip_many(&self, reason: DropReason, count: u64) {
        self.0.skip(reason, count);
    }

    /// The figures at this moment.
    #[must_use]
    pub fn accounting(&self) -> Accounting {
        self.0.accounting()
    }
}

impl<T> fmt::Debug for Producer<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_tuple("Producer")
            .field(&self.0.accounting())
            .finish()
    }
}

impl<T> Clone for Producer<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}
