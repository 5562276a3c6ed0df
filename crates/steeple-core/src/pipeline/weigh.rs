use bytes::Bytes;

/// Says how much memory an item holds, so that queues can be bounded by bytes, and for how many things it stands.
pub trait Weigh {
    /// The bytes that the item holds on the heap; those of the item itself are added by the
    /// pipeline.
    ///
    /// Called once an item, on the thread that pushes it: it must be quick and must not panic.
    fn heap_bytes(&self) -> usize;

    /// How many things the item counts as in all figures and limits of the pipeline, such as the spans of a request that
    /// are queued as one; 0 counts as 1. Default: 1.
    ///
    /// Called once an item, as [`heap_bytes`](Self::heap_bytes).
    fn count(&self) -> u64 {
        1
    }
}

impl Weigh for String {
    fn heap_bytes(&self) -> usize {
        self.capacity()
    }
}

impl Weigh for Vec<u8> {
    fn heap_bytes(&self) -> usize {
        self.capacity()
    }
}

impl Weigh for Bytes {
    fn heap_bytes(&self) -> usize {
        self.len()
    }
}

/// What an item takes of a pipeline's limits.
#[derive(Clone, Copy, Debug)]
pub(super) struct Weight {
    pub(super) bytes: usize,
    pub(super) count: u64,
}

impl Weight {
    pub(super) fn of<T: Weigh>(item: &T) -> Self {
        Self {
            // Without the lower bound, items of no size could grow the queue for ever.
            bytes: size_of::<T>().saturating_add(item.heap_bytes()).max(1),
            // Without it, a flush would not wait for the item.
            count: item.count().max(1),
        }
    }
}
