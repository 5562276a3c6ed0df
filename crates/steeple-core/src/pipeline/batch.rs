use std::{
    mem,
    time::{Duration, Instant},
};

use super::{
    budget::{Account, Charge},
    quiet::free,
};

/// Items that are exported together, with the bytes they hold.
pub(super) struct Batch<T> {
    items: Vec<T>,
    weight: usize,
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
            weight: 0,
            charge,
            opened: Instant::now(),
        }
    }

    pub(super) fn items(&self) -> &[T] {
        &self.items
    }

    pub(super) fn len(&self) -> u64 {
        self.items.len() as u64
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
    pub(super) fn push(&mut self, item: T, weight: usize) {
        self.items.push(item);
        self.weight += weight;
        self.charge.add(weight);
    }

    pub(super) fn has_reached(&self, limits: &Limits) -> bool {
        self.items.len() >= limits.max_items || self.weight >= limits.max_bytes
    }

    pub(super) fn has_room_for(&self, weight: usize, limits: &Limits) -> bool {
        self.weight.saturating_add(weight) <= limits.max_bytes
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

/// When a batch is due.
#[derive(Clone, Debug)]
pub(super) struct Limits {
    pub(super) max_items: usize,
    pub(super) max_bytes: usize,
    pub(super) max_delay: Duration,
}
