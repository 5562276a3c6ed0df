use std::{iter, sync::OnceLock};

use super::ownership::{self, SHARED, STRIPES};
use crate::sync::atomic::{
    AtomicU64,
    Ordering::{Acquire, Relaxed, Release},
};

/// Words in a cache line.
const WORDS: usize = 8;

/// How often a series is recorded into before it is striped. Most series never are: they cost a single set of words.
const FEW: u64 = 1_000;

/// Some atomic words, kept once per stripe, when it is worth that, so that threads do not contend for their cache lines.
///
/// A word's value is the combination over all stripes. A stripe that a thread has for itself is written by plain loads
/// and stores; the first [`SHARED`] are for the rest of the threads, which pay for atomic updates.
#[derive(Debug)]
pub(super) struct Stripes {
    /// What all threads write first, and behind it how often they did.
    first: Box<[AtomicU64]>,
    /// What they write once that is often.
    striped: OnceLock<Striped>,
}

#[derive(Debug)]
struct Striped {
    words: Box<[AtomicU64]>,
    /// Where the first stripe begins: with a cache line.
    first: usize,
    /// How many words there are from one stripe to the next.
    stride: usize,
}

impl Stripes {
    pub(super) fn new(words: usize) -> Self {
        Self {
            first: zeros(words + 1),
            striped: OnceLock::new(),
        }
    }

    /// The stripe that nobody else writes, if the current thread has one. Whoever asks for it first, and for
    /// [`local`](Self::local) in a function that is called otherwise, records with the fewest instructions.
    #[inline(always)]
    pub(super) fn own(&self) -> Option<Stripe<'_>> {
        let striped = self.striped.get()?;
        let own = ownership::own_stripe()?;
        Some(Stripe {
            owned: true,
            ..striped.stripe(own)
        })
    }

    /// The stripe for the current thread's next record.
    #[inline]
    pub(super) fn local(&self) -> Stripe<'_> {
        match self.striped.get() {
            Some(striped) => striped.stripe(ownership::stripe_of_thread()),
            None => {
                self.count_first();
                self.first()
            }
        }
    }

    /// Every stripe.
    pub(super) fn iter(&self) -> impl Iterator<Item = Stripe<'_>> {
        let striped = self.striped.get().into_iter();
        iter::once(self.first())
            .chain(striped.flat_map(|striped| (0..*STRIPES).map(|index| striped.stripe(index))))
    }

    fn first(&self) -> Stripe<'_> {
        Stripe {
            words: &self.first,
            first: 0,
            index: 0,
            owned: false,
        }
    }

    /// Counts a record in the words that all threads share, until there are enough to stripe them.
    #[cold]
    fn count_first(&self) {
        let words = self.first.len() - 1;
        if self.first[words].fetch_add(1, Relaxed) >= FEW {
            self.striped.get_or_init(|| Striped::new(words));
        }
    }
}

impl Striped {
    fn new(words: usize) -> Self {
        let stride = words.next_multiple_of(WORDS);
        let words = zeros(*STRIPES * stride + WORDS);
        let first = words.as_ptr().align_offset(WORDS * size_of::<u64>());
        Self {
            words,
            // Where the offset cannot be told, stripes may share lines and are right all the same.
            first: first.min(WORDS),
            stride,
        }
    }

    #[inline]
    fn stripe(&self, stripe: usize) -> Stripe<'_> {
        Stripe {
            words: &self.words,
            first: self.first + stripe * self.stride,
            index: stripe,
            owned: stripe >= SHARED,
        }
    }
}

fn zeros(count: usize) -> Box<[AtomicU64]> {
    (0..count).map(|_| AtomicU64::new(0)).collect()
}

/// One stripe's words.
pub(super) struct Stripe<'a> {
    words: &'a [AtomicU64],
    first: usize,
    index: usize,
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

    /// The same of a word that is [published](Self::publish): what its writers did before is seen, too.
    pub(super) fn get_published(&self, index: usize) -> u64 {
        self.word(index).load(Acquire)
    }

    /// Whether nobody but the current thread writes it.
    #[inline]
    pub(super) fn is_owned(&self) -> bool {
        self.owned
    }

    /// Which stripe it is. Before there are several, it is the first one, which is shared, too.
    #[inline]
    pub(super) fn index(&self) -> usize {
        self.index
    }

    /// Adds to a word and tells what the stripe's has come to.
    #[inline]
    pub(super) fn add(&self, index: usize, amount: u64) -> u64 {
        self.add_to(self.word(index), amount)
    }

    /// Adds to a word after all that was done before.
    #[inline]
    pub(super) fn publish(&self, index: usize, amount: u64) {
        let word = self.word(index);
        if self.owned {
            word.store(word.load(Relaxed).wrapping_add(amount), Release);
        } else {
            word.fetch_add(amount, Release);
        }
    }

    /// [`add`](Self::add) for a word that the stripe has elsewhere.
    #[inline]
    pub(super) fn add_to(&self, word: &AtomicU64, amount: u64) -> u64 {
        if self.owned {
            let sum = word.load(Relaxed).wrapping_add(amount);
            word.store(sum, Relaxed);
            sum
        } else {
            word.fetch_add(amount, Relaxed).wrapping_add(amount)
        }
    }

    /// Adds to a word that holds the bits of a float.
    #[inline]
    pub(super) fn add_float(&self, index: usize, amount: f64) {
        self.update(self.word(index), |bits| {
            (f64::from_bits(bits) + amount).to_bits()
        });
    }

    /// Replaces a word that the stripe has elsewhere by what follows from it.
    #[inline]
    pub(super) fn update(&self, word: &AtomicU64, new: impl Fn(u64) -> u64) {
        let mut known = word.load(Relaxed);
        if self.owned {
            return word.store(new(known), Relaxed);
        }
        while let Err(actual) = word.compare_exchange_weak(known, new(known), Relaxed, Relaxed) {
            known = actual;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{sync::Barrier, thread};

    use super::*;

    fn add_one(stripes: &Stripes) {
        stripes.local().add(0, 1);
    }

    #[test]
    fn threads_that_share_a_stripe_lose_nothing() {
        const THREADS: usize = 4;
        const ADDITIONS: usize = 500_000;
        let striped = Striped::new(2);
        let start = Barrier::new(THREADS);
        thread::scope(|scope| {
            for _ in 0..THREADS {
                scope.spawn(|| {
                    let stripe = striped.stripe(0);
                    start.wait();
                    for _ in 0..ADDITIONS {
                        stripe.add(0, 1);
                        stripe.add_float(1, 1.0);
                    }
                });
            }
        });
        let shared = striped.stripe(0);
        assert_eq!(shared.get(0), (THREADS * ADDITIONS) as u64);
        assert_eq!(f64::from_bits(shared.get(1)), (THREADS * ADDITIONS) as f64);
    }

    #[test]
    fn what_is_recorded_often_is_striped_and_nothing_is_lost_on_the_way() {
        const THREADS: usize = 4;
        let stripes = Stripes::new(1);
        (0..FEW).for_each(|_| add_one(&stripes));
        assert!(stripes.striped.get().is_none(), "a few records");
        let start = Barrier::new(THREADS);
        thread::scope(|scope| {
            for _ in 0..THREADS {
                scope.spawn(|| {
                    start.wait();
                    (0..FEW).for_each(|_| add_one(&stripes));
                });
            }
        });
        assert!(stripes.striped.get().is_some(), "many records");
        let total: u64 = stripes.iter().map(|stripe| stripe.get(0)).sum();
        assert_eq!(total, (THREADS as u64 + 1) * FEW);
    }

    #[test]
    fn stripes_do_not_overlap() {
        let stripes = Striped::new(WORDS + 1);
        let counts: Vec<_> = (0..*STRIPES)
            .map(|stripe| stripes.stripe(stripe).add(WORDS, 1))
            .collect();
        assert!(counts.iter().all(|count| *count == 1), "{counts:?}");
        assert!(stripes.words.len() >= *STRIPES * 2 * WORDS);
    }
}

#[cfg(all(test, loom))]
mod under_loom {
    use loom::{sync::Arc, thread};

    use super::{super::ownership::Owners, *};
    use crate::sync::model;

    fn stripe(words: &[AtomicU64], owned: bool) -> Stripe<'_> {
        Stripe {
            words,
            first: 0,
            index: 0,
            owned,
        }
    }

    #[test]
    fn threads_that_share_a_stripe_lose_nothing() {
        model(|| {
            let words = Arc::new(zeros(2));
            let add = |words: &[AtomicU64]| {
                stripe(words, false).add(0, 1);
                stripe(words, false).add_float(1, 0.5);
            };
            let other = thread::spawn({
                let words = Arc::clone(&words);
                move || add(&words)
            });
            add(&words);
            other.join().unwrap();
            let stripe = stripe(&words, false);
            assert_eq!((stripe.get(0), f64::from_bits(stripe.get(1))), (2, 1.0));
        });
    }

    #[test]
    fn who_takes_a_stripe_over_goes_on_from_what_its_last_owner_left() {
        model(|| {
            let shared = Arc::new((Owners::new(), zeros(1)));
            let own = |(owners, words): &(Owners, Box<[AtomicU64]>)| {
                owners.take(SHARED + 1).map_or(0, |index| {
                    stripe(words, true).add(0, 1);
                    owners.give_back(index);
                    1
                })
            };
            let other = thread::spawn({
                let shared = Arc::clone(&shared);
                move || own(&shared)
            });
            let added = own(&shared) + other.join().unwrap();
            assert_eq!(stripe(&shared.1, true).get(0), added);
        });
    }
}
