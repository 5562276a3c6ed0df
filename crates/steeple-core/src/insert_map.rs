//! A bounded map that only grows and that is read without a lock.
//!
//! Route templates, label values and series handles are few, found once and then read by every request.
//! Reads are a hash, a probe and an acquire load, so threads share nothing that is written.

use std::{
    borrow::Borrow,
    hash::{BuildHasher, Hash},
    sync::{
        OnceLock,
        atomic::{AtomicUsize, Ordering},
    },
};

use foldhash::fast::RandomState;

/// Where an entry of an [`InsertMap`] stands: small, stable for the life of the map, and enough to find it again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Slot(pub(crate) u16);

/// An open-addressed table of write-once slots, about half full at the most.
pub(crate) struct InsertMap<K, V> {
    slots: Box<[OnceLock<(K, V)>]>,
    hasher: RandomState,
    len: AtomicUsize,
    limit: usize,
}

impl<K: Hash + Eq, V> InsertMap<K, V> {
    /// Makes a map for at most `limit` entries, which must not exceed 16,384.
    pub(crate) fn with_limit(limit: usize) -> Self {
        let slots = (limit * 2).next_power_of_two().max(2);
        assert!(
            slots <= usize::from(u16::MAX) + 1,
            "slots are numbered in 16 bits"
        );
        Self {
            slots: (0..slots).map(|_| OnceLock::new()).collect(),
            hasher: RandomState::default(),
            len: AtomicUsize::new(0),
            limit,
        }
    }

    /// How many entries there are.
    pub(crate) fn len(&self) -> usize {
        self.len.load(Ordering::Relaxed)
    }

    /// Finds the entry of `key`.
    #[inline]
    pub(crate) fn find<Q>(&self, key: &Q) -> Option<(Slot, &V)>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        for index in self.probe(key) {
            let (found, value) = self.slots[index].get()?;
            if found.borrow() == key {
                return Some((slot(index), value));
            }
        }
        None
    }

    /// Finds the entry of `key`, or makes it; `None` once the map is full.
    #[inline]
    pub(crate) fn find_or_insert<Q>(
        &self,
        key: &Q,
        make: impl FnOnce() -> (K, V),
    ) -> Option<(Slot, &V)>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        match self.find(key) {
            Some(found) => Some(found),
            None => self.insert(key, make),
        }
    }

    #[cold]
    fn insert<Q>(&self, key: &Q, make: impl FnOnce() -> (K, V)) -> Option<(Slot, &V)>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        if self.len() >= self.limit {
            // The last place may just have been taken by the same key.
            return self.find(key);
        }
        let mut entry = make();
        for index in self.probe(key) {
            match self.slots[index].set(entry) {
                Ok(()) => {
                    // Threads that insert at once go over the limit by their number, for which there is room.
                    self.len.fetch_add(1, Ordering::Relaxed);
                    return self.at(slot(index)).map(|(_, value)| (slot(index), value));
                }
                Err(refused) => entry = refused,
            }
            if let Some((found, value)) = self.slots[index].get()
                && found.borrow() == key
            {
                // Another thread was first with the same key.
                return Some((slot(index), value));
            }
        }
        None
    }

    /// The entry that stands at `slot`.
    #[inline]
    pub(crate) fn at(&self, slot: Slot) -> Option<(&K, &V)> {
        self.slots
            .get(usize::from(slot.0))?
            .get()
            .map(|(key, value)| (key, value))
    }

    #[inline]
    fn probe<Q: Hash + ?Sized>(&self, key: &Q) -> impl Iterator<Item = usize> + use<Q, K, V> {
        let mask = self.slots.len() - 1;
        // The high bits of the hash are the better mixed ones.
        let first = (self.hasher.hash_one(key) >> 32) as usize;
        (0..self.slots.len()).map(move |step| (first + step) & mask)
    }
}

fn slot(index: usize) -> Slot {
    Slot(u16::try_from(index).unwrap_or(u16::MAX))
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    #[test]
    fn an_entry_is_found_again_by_key_and_by_slot() {
        let map = InsertMap::<Box<str>, u32>::with_limit(8);
        let (slot, value) = map
            .find_or_insert("/users/{id}", || ("/users/{id}".into(), 7))
            .unwrap();
        assert_eq!(*value, 7);
        assert_eq!(map.find("/users/{id}"), Some((slot, &7)));
        assert_eq!(map.at(slot).map(|(key, _)| &**key), Some("/users/{id}"));
        assert_eq!(map.find("/users"), None);
    }

    #[test]
    fn a_full_map_refuses_new_keys_and_keeps_the_old() {
        let map = InsertMap::<u64, ()>::with_limit(100);
        let taken = (0..1_000)
            .filter(|key| map.find_or_insert(key, || (*key, ())).is_some())
            .count();
        assert_eq!(taken, 100);
        assert!((0..100).all(|key| map.find(&key).is_some()));
    }

    #[test]
    fn threads_that_insert_the_same_keys_agree_on_their_slots() {
        let map = InsertMap::<u64, u64>::with_limit(500);
        let slots = || {
            (0..500)
                .map(|key| map.find_or_insert(&key, || (key, key)).unwrap().0)
                .collect::<Vec<_>>()
        };
        thread::scope(|scope| {
            let others: Vec<_> = (0..4).map(|_| scope.spawn(slots)).collect();
            let mine = slots();
            for other in others {
                assert_eq!(other.join().unwrap(), mine);
            }
        });
    }
}
