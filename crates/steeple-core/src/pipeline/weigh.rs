use bytes::Bytes;

/// Says how much memory an item holds, so that queues can be bounded by bytes.
pub trait Weigh {
    /// The bytes that the item holds on the heap; those of the item itself are added by the
    /// pipeline.
    ///
    /// Called once an item, on the thread that pushes it: it must be quick and must not panic.
    fn heap_bytes(&self) -> usize;
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

pub(super) fn weight<T: Weigh>(item: &T) -> usize {
    // Without the lower bound, items of no size could grow the queue for ever.
    size_of::<T>().saturating_add(item.heap_bytes()).max(1)
}
