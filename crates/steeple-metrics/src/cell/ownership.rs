//! Which stripe a thread records into.
//!
//! A thread that records often gets a stripe of its own for as long as it lives; all others share a few. A stripe with
//! one writer needs no atomic update, which is what most of a record would cost.

use std::{
    cell::Cell,
    sync::{LazyLock, atomic::AtomicUsize},
    thread,
};

use crate::sync::atomic::{
    AtomicU32,
    Ordering::{AcqRel, Acquire, Relaxed, Release},
};

/// How many stripes are shared: they are the first.
pub(super) const SHARED: usize = 2;

/// Beyond this, memory costs more than the contention that is left.
const MOST_OWNED: usize = 8;

/// How many records a thread makes before it asks, or asks again, for a stripe of its own. Threads that record now and
/// then shall not take one from those that always do.
const PATIENCE: u32 = 1_000;

/// How many stripes there are: beside the shared ones twice the processors, rounded up to a power of two, from 4 to 8.
pub(super) static STRIPES: LazyLock<usize> = LazyLock::new(|| {
    let processors = thread::available_parallelism().map_or(1, usize::from);
    SHARED + (2 * processors).next_power_of_two().clamp(4, MOST_OWNED)
});

/// The stripe that the current thread has for itself, if it has one.
#[inline]
pub(super) fn own_stripe() -> Option<usize> {
    let stripe = PLACE.get().stripe;
    (stripe >= SHARED).then_some(stripe)
}

/// The stripe for the current thread's next record.
#[inline]
pub(super) fn stripe_of_thread() -> usize {
    own_stripe().unwrap_or_else(share)
}

static OWNERS: LazyLock<Owners> = LazyLock::new(Owners::new);

thread_local! {
    static PLACE: Cell<Place> = const { Cell::new(Place::NEW) };
    static CLAIM: Claim = const { Claim };
}

#[inline(never)]
fn share() -> usize {
    let place = PLACE.get();
    if place == Place::NEW {
        // With the first record, since this may allocate, and no later record shall.
        let _ = CLAIM.try_with(|_| ());
    }
    // A thread that is ending cannot give anything back any more.
    let take = || CLAIM.try_with(|_| OWNERS.take(*STRIPES)).ok().flatten();
    let next = place.next(take);
    PLACE.set(next);
    next.stripe
}

/// Gives the thread's stripe back when the thread ends.
struct Claim;

impl Drop for Claim {
    fn drop(&mut self) {
        // What still records on this thread, in another destructor, shares.
        let stripe = PLACE.replace(Place::NEW).stripe;
        if stripe >= SHARED {
            OWNERS.give_back(stripe);
        }
    }
}

/// Where a thread records.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Place {
    stripe: usize,
    /// How often it recorded since it came here, as far as that matters.
    records: u32,
}

impl Place {
    /// Before a thread's first record.
    const NEW: Self = Self {
        stripe: 0,
        records: 0,
    };

    /// The place for the next record of a thread without a stripe of its own.
    fn next(self, take: impl FnOnce() -> Option<usize>) -> Self {
        let own = (self.records == PATIENCE).then(take).flatten();
        let stripe = match (own, self.records) {
            (Some(own), _) => own,
            (None, 0 | PATIENCE) => next_shared(),
            (None, _) => self.stripe,
        };
        Self {
            stripe,
            records: self.records % PATIENCE + 1,
        }
    }
}

/// The shared stripes in turn.
fn next_shared() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    NEXT.fetch_add(1, Relaxed) % SHARED
}

/// Hands out stripes, each to one owner at a time.
#[derive(Debug)]
pub(super) struct Owners {
    /// A bit for each stripe that is not to be had.
    taken: AtomicU32,
}

impl Owners {
    pub(super) fn new() -> Self {
        Self {
            taken: AtomicU32::new((1 << SHARED) - 1),
        }
    }

    /// A stripe below `stripes` that nobody else has, until it is given back.
    pub(super) fn take(&self, stripes: usize) -> Option<usize> {
        let free =
            |taken: u32| Some(taken.trailing_ones() as usize).filter(|stripe| *stripe < stripes);
        // Acquired: what the last owner stored is what this one goes on from.
        self.taken
            .fetch_update(AcqRel, Acquire, |taken| {
                free(taken).map(|stripe| taken | 1 << stripe)
            })
            .ok()
            .and_then(free)
    }

    pub(super) fn give_back(&self, stripe: usize) {
        self.taken.fetch_and(!(1 << stripe), Release);
    }
}

#[cfg(test)]
mod tests {
    use std::{
        collections::BTreeSet,
        sync::Barrier,
        time::{Duration, Instant},
    };

    use super::*;

    /// The stripe of the current thread once it has recorded often.
    fn stripe_of_busy_thread() -> usize {
        for _ in 0..PATIENCE {
            stripe_of_thread();
        }
        stripe_of_thread()
    }

    fn busy(place: Place, owners: &Owners, stripes: usize) -> Place {
        (0..PATIENCE).fold(place, |place, _| place.next(|| owners.take(stripes)))
    }

    #[test]
    fn a_stripe_has_one_owner_until_it_is_given_back() {
        let owners = Owners::new();
        let stripes = SHARED + 3;
        let taken: Vec<_> = (0..5).map(|_| owners.take(stripes)).collect();
        assert_eq!(taken, [Some(2), Some(3), Some(4), None, None]);
        owners.give_back(3);
        assert_eq!(owners.take(stripes), Some(3));
        assert_eq!(owners.take(stripes), None);
    }

    #[test]
    fn only_a_thread_that_records_often_takes_a_stripe() {
        let owners = Owners::new();
        let place = busy(Place::NEW, &owners, SHARED + 1);
        assert!(place.stripe < SHARED);
        assert_eq!(place.next(|| owners.take(SHARED + 1)).stripe, SHARED);
    }

    #[test]
    fn a_thread_that_found_no_stripe_asks_again() {
        let owners = Owners::new();
        let own = owners.take(SHARED + 1).unwrap();
        let ask = |place: Place| place.next(|| owners.take(SHARED + 1));
        let place = ask(busy(Place::NEW, &owners, SHARED + 1));
        assert!(place.stripe < SHARED);
        owners.give_back(own);
        assert_eq!(busy(place, &owners, SHARED + 1).stripe, own);
    }

    #[test]
    fn threads_without_a_stripe_are_spread_over_the_shared_ones() {
        let stripes: BTreeSet<_> = (0..100).map(|_| Place::NEW.next(|| None).stripe).collect();
        assert_eq!(stripes, (0..SHARED).collect());
    }

    #[test]
    fn threads_alive_at_once_never_own_the_same_stripe() {
        for _ in 0..50 {
            let all_there = Barrier::new(20);
            let mut owned: Vec<_> = thread::scope(|scope| {
                let threads: Vec<_> = (0..20)
                    .map(|_| {
                        scope.spawn(|| {
                            let stripe = stripe_of_busy_thread();
                            all_there.wait();
                            assert!(stripe < SHARED || stripe_of_thread() == stripe);
                            stripe
                        })
                    })
                    .collect();
                threads
                    .into_iter()
                    .map(|thread| thread.join().unwrap())
                    .collect()
            });
            owned.retain(|stripe| *stripe >= SHARED);
            owned.sort_unstable();
            assert!(owned.windows(2).all(|pair| pair[0] < pair[1]), "{owned:?}");
            assert!(owned.iter().all(|stripe| *stripe < *STRIPES));
        }
    }

    #[test]
    fn a_thread_that_ends_gives_its_stripe_back() {
        // More owners than stripes, one after the other. Other tests' threads may have all stripes for a while.
        let deadline = Instant::now() + Duration::from_secs(30);
        let mut owners = 0;
        while owners <= *STRIPES {
            assert!(Instant::now() < deadline, "{owners}");
            let stripe = thread::spawn(stripe_of_busy_thread).join().unwrap();
            owners += usize::from(stripe >= SHARED);
        }
    }
}
