use std::time::{Duration, Instant};

use super::budget::{Account, Charge};

/// Items that are exported together, with the bytes they hold.
pub(super) struct Batch<T> {
    items: Vec<T>,
    charge: Charge,
    opened: Instant,
}

impl<T> Batch<T> {
    /// An empty batch that fills the `spare` memory of an earlier one.
    pub(super) fn new(spare: Vec<T>, account: Account) -> Self {
        Self {
            items: spare,
            charge: Charge::new(account),
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
        self.items.clear();
        self.items
    }

    /// Adds an item whose `weight` was reserved from the account.
    pub(super) fn push(&mut self, item: T, weight: usize) {
        self.items.push(item);
        self.charge.add(weight);
    }

    pub(super) fn has_reached(&self, limits: &Limits) -> bool {
        self.items.len() >= limits.max_items || self.charge.bytes() >= limits.max_bytes
    }

    pub(super) fn has_room_for(&self, weight: usize, limits: &Limits) -> bool {
        self.charge.bytes().saturating_add(weight) <= limits.max_bytes
    }
}

/// When a batch is due.
#[derive(Clone, Debug)]
pub(super) struct Limits {
    pub(super) max_items: usize,
    pub(super) max_bytes: usize,
    pub(super) max_delay: Duration,
}
