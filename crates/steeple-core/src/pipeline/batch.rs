use std::{
    mem,
    time::{Duration, Instant},
};

use super::{
    Absorb,
    budget::{Account, Charge},
    quiet::free,
    weigh::Weight,
};

/// Items that are exported together, with the bytes they hold.
pub(super) struct Batch<T> {
    items: Vec<T>,
    weight: Weight,
    charge: Charge,
    opened: Instant,
}

impl<T> Batch<T> {
    /// What a batch takes beside its items; without it, batches of one small item would hold many
    /// times what they are charged.
    pub(super) const OVERHEAD: usize = size_of::<Self>();

    /// An empty batch that fills the `spare` memory of an earlier one; its
    /// [`OVERHEAD`](Self::OVERHEAD) was reserved from the account.
    pub(super) fn new(spare: Vec<T>, account: Account) -> Self {
        let mut charge = Charge::new(account);
        charge.add(Self::OVERHEAD);
        Self {
            items: spare,
            weight: Weight { bytes: 0, count: 0 },
            charge,
            opened: Instant::now(),
        }
    }

    pub(super) fn items(&self) -> &[T] {
        &self.items
    }

    /// For how many things the items stand.
    pub(super) fn count(&self) -> u64 {
        self.weight.count
    }

    pub(super) fn age(&self) -> Duration {
        self.opened.elapsed()
    }

    /// Frees the items and gives back their bytes; what remains is memory for another batch.
    pub(super) fn into_spare(mut self) -> Vec<T> {
        self.free_items();
        mem::take(&mut self.items)
    }

    /// Adds an item whose `weight` was reserved from the account.
    pub(super) fn push(&mut self, item: T, weight: Weight) {
        self.items.push(item);
        self.weight.bytes += weight.bytes;
        self.weight.count += weight.count;
        self.charge.add(weight.bytes);
    }

    /// Adds `part` to the newest item; false if that has no room.
    pub(super) fn append<P: ?Sized>(&mut self, part: &P) -> bool
    where
        T: Absorb<P>,
    {
        let absorbed = self
            .items
            .last_mut()
            .is_some_and(|newest| newest.absorb(part));
        self.weight.count += u64::from(absorbed);
        absorbed
    }

    pub(super) fn has_reached(&self, limits: &Limits) -> bool {
        self.weight.count >= limits.max_items || self.weight.bytes >= limits.max_bytes
    }

    pub(super) fn has_room_for(&self, weight: Weight, limits: &Limits) -> bool {
        self.weight.bytes.saturating_add(weight.bytes) <= limits.max_bytes
            && self.weight.count.saturating_add(weight.count) <= limits.max_items
    }

    /// One by one, because a second panic in the drop of a whole vector would end the process.
    fn free_items(&mut self) {
        self.items.drain(..).for_each(free);
    }
}

impl<T> Drop for Batch<T> {
    fn drop(&mut self) {
        self.free_items();
    }
}

/// When a batch is due, and how much may wait.
#[derive(Clone, Debug)]
pub(super) struct Limits {
    pub(super) max_items: u64,
    pub(super) max_bytes: usize,
    pub(super) max_delay: Duration,
    pub(super) max_queued: u64,
}
