use std::{
    cell::Cell,
    sync::{
        LazyLock,
        atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed},
    },
    thread,
};

/// Words in a cache line.
const WORDS: usize = 8;

/// Beyond this, memory costs more than the contention that is left.
const MOST_STRIPES: usize = 8;

/// Twice the processors: threads take stripes in turn, and two busy ones should seldom meet.
static STRIPES: LazyLock<usize> = LazyLock::new(|| {
    let processors = thread::available_parallelism().map_or(1, usize::from);
    (2 * processors).next_power_of_two().min(MOST_STRIPES)
});

/// Some atomic words, kept once per stripe so that threads do not contend for their cache lines.
///
/// A word's value is the combination over all stripes.
#[derive(Debug)]
pub(super) struct Stripes {
    lines: Box<[Line]>,
    lines_per_stripe: usize,
    mask: usize,
}

#[derive(Debug, Default)]
#[repr(align(64))]
struct Line([AtomicU64; WORDS]);

impl Stripes {
    pub(super) fn new(words: usize) -> Self {
        let lines_per_stripe = words.div_ceil(WORDS);
        let lines = (0..*STRIPES * lines_per_stripe)
            .map(|_| Line::default())
            .collect();
        Self {
            lines,
            lines_per_stripe,
            mask: *STRIPES - 1,
        }
    }

    /// The current thread's stripe.
    #[inline]
    pub(super) fn local(&self) -> Stripe<'_> {
        self.stripe(thread_index() & self.mask)
    }

    /// Every stripe.
    pub(super) fn iter(&self) -> impl Iterator<Item = Stripe<'_>> {
        (0..=self.mask).map(|stripe| self.stripe(stripe))
    }

    #[inline]
    fn stripe(&self, stripe: usize) -> Stripe<'_> {
        Stripe {
            lines: &self.lines,
            first: stripe * self.lines_per_stripe,
        }
    }
}

/// One stripe's words.
pub(super) struct Stripe<'a> {
    lines: &'a [Line],
    first: usize,
}

impl Stripe<'_> {
    #[inline]
    fn word(&self, index: usize) -> &AtomicU64 {
        &self.lines[self.first + index / WORDS].0[index % WORDS]
    }

    pub(super) fn get(&self, index: usize) -> u64 {
        self.word(index).load(Relaxed)
    }

    #[inline]
    pub(super) fn add(&self, index: usize, amount: u64) {
        self.word(index).fetch_add(amount, Relaxed);
    }

    /// Adds to a word that holds the bits of a float.
    #[inline]
    pub(super) fn add_float(&self, index: usize, amount: f64) {
        add_float(self.word(index), amount);
    }
}

/// Adds to the float whose bits `word` holds.
#[inline]
pub(super) fn add_float(word: &AtomicU64, amount: f64) {
    let mut bits = word.load(Relaxed);
    while let Err(actual) = word.compare_exchange_weak(
        bits,
        (f64::from_bits(bits) + amount).to_bits(),
        Relaxed,
        Relaxed,
    ) {
        bits = actual;
    }
}

/// A number for the current thread, in the order in which threads first record.
#[inline]
fn thread_index() -> usize {
    const UNASSIGNED: usize = usize::MAX;
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    thread_local! {
        static INDEX: Cell<usize> = const { Cell::new(UNASSIGNED) };
    }
    INDEX.with(|index| {
        if index.get() == UNASSIGNED {
            index.set(NEXT.fetch_add(1, Relaxed));
        }
        index.get()
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;

    use super::*;

    #[test]
    fn threads_that_share_a_stripe_lose_nothing() {
        const THREADS: usize = 4;
        const ADDITIONS: usize = 500_000;
        let stripes = Stripes::new(2);
        let start = Barrier::new(THREADS);
        thread::scope(|scope| {
            for _ in 0..THREADS {
                scope.spawn(|| {
                    let stripe = stripes.stripe(0);
                    start.wait();
                    for _ in 0..ADDITIONS {
                        stripe.add(0, 1);
                        stripe.add_float(1, 1.0);
                    }
                });
            }
        });
        let shared = stripes.stripe(0);
        assert_eq!(shared.get(0), (THREADS * ADDITIONS) as u64);
        assert_eq!(f64::from_bits(shared.get(1)), (THREADS * ADDITIONS) as f64);
    }

    #[test]
    fn a_thread_keeps_its_stripe_and_stripes_do_not_overlap() {
        let stripes = Stripes::new(WORDS + 1);
        stripes.local().add(WORDS, 1);
        stripes.local().add(WORDS, 1);
        let mut counts: Vec<_> = stripes.iter().map(|stripe| stripe.get(WORDS)).collect();
        counts.sort_unstable();
        assert_eq!(counts.len(), *STRIPES);
        assert_eq!(counts.iter().sum::<u64>(), 2);
        assert_eq!(counts.last(), Some(&2));
    }
}
