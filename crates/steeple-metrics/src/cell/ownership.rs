//! Which stripe a thread records into.
//!
//! The first threads to record get a stripe each for as long as they live, all others share one. A stripe with one
//! writer needs no atomic update, which is what most of a record would cost.

use std::{
    cell::Cell,
    sync::{
        LazyLock,
        atomic::{
            AtomicU32,
            Ordering::{AcqRel, Acquire, Release},
        },
    },
    thread,
};

/// The stripe of all threads that have none of their own.
pub(super) const SHARED: usize = 0;

/// Beyond this, memory costs more than the contention that is left.
const MOST_STRIPES: usize = 8;

/// How many stripes there are: twice the processors, rounded up to a power of two, from 4 to 8.
pub(super) static STRIPES: LazyLock<usize> = LazyLock::new(|| {
    let processors = thread::available_parallelism().map_or(1, usize::from);
    (2 * processors).next_power_of_two().clamp(4, MOST_STRIPES)
});

/// The current thread's stripe.
#[inline]
pub(super) fn stripe_of_thread() -> usize {
    STRIPE.get().unwrap_or_else(claim)
}

/// A bit for each stripe that is taken.
static TAKEN: AtomicU32 = AtomicU32::new(1 << SHARED);

thread_local! {
    static STRIPE: Cell<Option<usize>> = const { Cell::new(None) };
    static CLAIM: Claim = const { Claim };
}

/// Gives the thread's stripe back when the thread ends.
struct Claim;

#[cold]
fn claim() -> usize {
    // A thread that is ending cannot give anything back any more.
    let stripe = CLAIM
        .try_with(|_| take(*STRIPES))
        .ok()
        .flatten()
        .unwrap_or(SHARED);
    STRIPE.set(Some(stripe));
    stripe
}

fn take(stripes: usize) -> Option<usize> {
    let free = |taken: u32| Some(taken.trailing_ones() as usize).filter(|stripe| *stripe < stripes);
    // Acquired: what the last owner stored is what this one goes on from.
    TAKEN
        .fetch_update(AcqRel, Acquire, |taken| {
            free(taken).map(|stripe| taken | 1 << stripe)
        })
        .ok()
        .and_then(free)
}

impl Drop for Claim {
    fn drop(&mut self) {
        // What still records on this thread, in another destructor, shares.
        let stripe = STRIPE.replace(Some(SHARED)).unwrap_or(SHARED);
        if stripe != SHARED {
            TAKEN.fetch_and(!(1 << stripe), Release);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;

    use super::*;

    #[test]
    fn threads_alive_at_once_never_own_the_same_stripe() {
        for _ in 0..50 {
            let all_there = Barrier::new(20);
            let mut owned: Vec<_> = thread::scope(|scope| {
                let threads: Vec<_> = (0..20)
                    .map(|_| {
                        scope.spawn(|| {
                            let stripe = stripe_of_thread();
                            all_there.wait();
                            assert_eq!(stripe_of_thread(), stripe);
                            stripe
                        })
                    })
                    .collect();
                threads
                    .into_iter()
                    .map(|thread| thread.join().unwrap())
                    .collect()
            });
            owned.retain(|stripe| *stripe != SHARED);
            owned.sort_unstable();
            assert!(owned.windows(2).all(|pair| pair[0] < pair[1]), "{owned:?}");
            assert!(owned.iter().all(|stripe| *stripe < *STRIPES));
        }
    }

    #[test]
    fn a_stripe_is_given_back_when_its_thread_ends() {
        // Far more threads than stripes, one after the other: had they kept theirs, most would have to share.
        let owners = (0..100)
            .filter(|_| {
                thread::spawn(|| stripe_of_thread() != SHARED)
                    .join()
                    .unwrap()
            })
            .count();
        assert!(owners > *STRIPES, "{owners}");
    }
}
