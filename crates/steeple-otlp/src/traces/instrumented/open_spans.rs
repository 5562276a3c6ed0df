//! The spans that are open.

use std::{
    collections::{HashMap, hash_map::Entry},
    hash::{BuildHasherDefault, Hasher},
    sync::{Mutex, MutexGuard, PoisonError},
};

use super::open_span::OpenSpan;

/// How many shards there are. Ids of a registry differ by thread, so that threads seldom meet in one.
const SHARDS: usize = 32;

/// The spans that are open, by the ids that the subscriber gave them.
///
/// They are not kept in the subscriber, so that the layer is for every subscriber, and may be added to one twice.
#[derive(Debug)]
pub(super) struct OpenSpans([Shard; SHARDS]);

/// As far from the next as processors read ahead.
#[derive(Debug, Default)]
#[repr(align(128))]
struct Shard(Mutex<HashMap<u64, OpenSpan, BuildHasherDefault<Mixed>>>);

impl OpenSpans {
    pub(super) fn new() -> Self {
        Self(std::array::from_fn(|_| Shard::default()))
    }

    pub(super) fn insert(&self, id: u64, span: OpenSpan) {
        self.shard(id).insert(id, span);
    }

    /// Takes one handle of a span away, and the span with the last.
    pub(super) fn release(&self, id: u64) -> Option<OpenSpan> {
        match self.shard(id).entry(id) {
            Entry::Occupied(mut open) => open.get_mut().release().then(|| open.remove()),
            Entry::Vacant(_) => None,
        }
    }

    /// Lends a span to `f`, which must not come back here.
    #[inline]
    pub(super) fn with<R>(&self, id: u64, f: impl FnOnce(&mut OpenSpan) -> R) -> Option<R> {
        self.shard(id).get_mut(&id).map(f)
    }

    #[inline]
    fn shard(&self, id: u64) -> MutexGuard<'_, HashMap<u64, OpenSpan, BuildHasherDefault<Mixed>>> {
        // The highest bits: the lower ones choose the place in the shard.
        let Shard(spans) = &self.0[(mix(id) >> (u64::BITS - SHARDS.ilog2())) as usize];
        // What was being written when somebody panicked is whole: spans are taken in and given away by one move.
        spans.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A hash of one number.
#[derive(Default)]
struct Mixed(u64);

impl Hasher for Mixed {
    fn write(&mut self, bytes: &[u8]) {
        bytes
            .iter()
            .for_each(|byte| self.write_u64(u64::from(*byte)));
    }

    #[inline]
    fn write_u64(&mut self, number: u64) {
        self.0 = mix(self.0 ^ number);
    }

    #[inline]
    fn finish(&self) -> u64 {
        // The shard took the highest bits.
        self.0.rotate_right(16)
    }
}

/// Spreads ids, which differ in few bits, over all of them.
#[inline]
fn mix(number: u64) -> u64 {
    let product = u128::from(number) * 0x9e37_79b9_7f4a_7c15;
    (product >> 64) as u64 ^ product as u64
}
