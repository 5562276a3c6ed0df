use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use super::ownership::{self, SHARED, STRIPES};

/// Words in a cache line.
const WORDS: usize = 8;

/// Some atomic words, kept once per stripe so that threads do not contend for their cache lines.
///
/// A word's value is the combination over all stripes. A stripe that a thread has for itself is written by plain loads
/// and stores; the first [`SHARED`] are for the rest of the threads, which pay for atomic updates.
#[derive(Debug)]
pub(super) struct Stripes {
    words: Box<[AtomicU64]>,
    /// Where the first stripe begins: with a cache line.
    first: usize,
    /// How many words there are from one stripe to the next.
    stride: usize,
}

impl Stripes {
    pub(super) fn new(words: usize) -> Self {
        let stride = words.next_multiple_of(WORDS);
        let words: Box<[_]> = (0..*STRIPES * stride + WORDS)
            .map(|_| AtomicU64::new(0))
            .collect();
        let first = words.as_ptr().align_offset(WORDS * size_of::<AtomicU64>());
        Self {
            words,
            // Where the offset cannot be told, stripes may share lines and are right all the same.
            first: first.min(WORDS),
            stride,
        }
    }

    /// The current thread's stripe.
    #[inline]
    pub(super) fn local(&self) -> Stripe<'_> {
        self.stripe(ownership::stripe_of_thread())
    }

    /// Every stripe.
    pub(super) fn iter(&self) -> impl Iterator<Item = Stripe<'_>> {
        (0..*STRIPES).map(|stripe| self.stripe(stripe))
    }

    #[inline]
    fn stripe(&self, stripe: usize) -> Stripe<'_> {
        Stripe {
            words: &self.words,
            first: self.first + stripe * self.stride,
            owned: stripe >= SHARED,
        }
    }
}

/// One stripe's words.
pub(super) struct Stripe<'a> {
    words: &'a [AtomicU64],
    first: usize,
    /// Whether nobody but the thread that got it writes it.
    owned: bool,
}

impl Stripe<'_> {
    #[inline]
    fn word(&self, index: usize) -> &AtomicU64 {
        &self.words[self.first + index]
    }

    pub(super) fn get(&self, index: usize) -> u64 {
        self.word(index).load(Relaxed)
    }

    #[inline]
    pub(super) fn add(&self, index: usize, amount: u64) {
        let word = self.word(index);
        if self.owned {
            word.store(word.load(Relaxed).wrapping_add(amount), Relaxed);
        } else {
            word.fetch_add(amount, Relaxed);
        }
    }

    /// Adds to a word that holds the bits of a float.
    #[inline]
    pub(super) fn add_float(&self, index: usize, amount: f64) {
        let word = self.word(index);
        let mut bits = word.load(Relaxed);
        let sum = |bits| (f64::from_bits(bits) + amount).to_bits();
        if self.owned {
            return word.store(sum(bits), Relaxed);
        }
        while let Err(actual) = word.compare_exchange_weak(bits, sum(bits), Relaxed, Relaxed) {
            bits = actual;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{sync::Barrier, thread};

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
