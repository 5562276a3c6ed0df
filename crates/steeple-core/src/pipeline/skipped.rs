use std::{
    cell::Cell,
    sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed},
};

use super::{DropReason, accounting::PerReason};

/// How many stripes there are. Threads take turns with them, so that few share one.
const STRIPES: usize = 8;

/// What was never made, by reason. Threads count in stripes, since most requests of a service may be of these.
#[derive(Default)]
pub(super) struct Skipped([Stripe; STRIPES]);

/// As far from the next as processors read ahead.
#[derive(Default)]
#[repr(align(128))]
struct Stripe(PerReason<AtomicU64>);

impl Skipped {
    #[inline]
    pub(super) fn add(&self, reason: DropReason, count: u64) {
        self.0[stripe()].0[reason].fetch_add(count, Relaxed);
    }

    /// What was counted so far.
    pub(super) fn counts(&self) -> PerReason<u64> {
        PerReason::from_fn(|reason| {
            let counts = self.0.iter().map(|stripe| stripe.0[reason].load(Relaxed));
            counts.sum()
        })
    }
}

/// The stripe of this thread.
#[inline]
fn stripe() -> usize {
    thread_local! {
        static STRIPE: Cell<usize> = const { Cell::new(STRIPES) };
    }
    let stripe = STRIPE.get();
    if stripe < STRIPES {
        return stripe;
    }
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    let stripe = NEXT.fetch_add(1, Relaxed) % STRIPES;
    STRIPE.set(stripe);
    stripe
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    #[test]
    fn what_threads_count_is_counted_once() {
        let skipped = Skipped::default();
        thread::scope(|scope| {
            for _ in 0..2 * STRIPES {
                scope.spawn(|| (0..1_000).for_each(|_| skipped.add(DropReason::Sampled, 3)));
            }
        });
        let counts = skipped.counts();
        assert_eq!(counts[DropReason::Sampled], 2 * STRIPES as u64 * 3_000);
        assert_eq!(counts[DropReason::Filtered], 0);
    }

    #[test]
    fn a_thread_keeps_its_stripe() {
        assert_eq!(stripe(), stripe());
    }
}
