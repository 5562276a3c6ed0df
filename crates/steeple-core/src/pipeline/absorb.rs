use super::Weigh;

/// An item that takes in more while it waits for its batch to fill, so that many small things are queued as one.
///
/// See [`Producer::append`](super::Producer::append).
pub trait Absorb<P: ?Sized>: Weigh {
    /// Takes `part` in, so that the item [stands](Weigh::count) for one thing more; false if there is no room for it in the
    /// memory that the item holds, which must not grow.
    ///
    /// Called while the queue is locked: it may copy, and must not do anything else or panic.
    fn absorb(&mut self, part: &P) -> bool;
}
