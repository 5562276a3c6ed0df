//! Counts by place, where few of very many places have any.

use std::iter;

use once_cell::race::OnceBox;

use super::place::Place;
use crate::{
    cell::stripes::Stripe,
    sync::atomic::{AtomicU64, Ordering::Relaxed},
};

/// How many places share a cache line with their counts.
const GROUP: usize = 4;

/// How many groups the first table has.
const FIRST_GROUPS: usize = 8;

/// A hash table of fixed size, which nothing is ever removed from, and the larger ones that continue it. A place is in its
/// group or not in this table, so what a look-up takes is bounded.
#[derive(Debug)]
pub(super) struct Table {
    groups: Box<[Group]>,
    /// How many places this table and those before it can hold.
    room: usize,
    next: OnceBox<Table>,
}

#[derive(Debug, Default)]
#[repr(align(64))]
struct Group {
    /// The words of the places, 0 where there is none yet.
    places: [AtomicU64; GROUP],
    counts: [AtomicU64; GROUP],
}

impl Table {
    pub(super) fn new() -> Self {
        Self::with_groups(FIRST_GROUPS, 0)
    }

    fn with_groups(groups: usize, room_before: usize) -> Self {
        Self {
            groups: (0..groups).map(|_| Group::default()).collect(),
            room: room_before + groups * GROUP,
            next: OnceBox::new(),
        }
    }

    /// Adds to the count of a place and tells what it has come to. None if the place finds none, though there is `room` for
    /// so many.
    #[inline]
    pub(super) fn add(
        &self,
        place: Place,
        amount: u64,
        room: usize,
        stripe: &Stripe<'_>,
    ) -> Option<u64> {
        let mut table = self;
        loop {
            if let Some(count) = table.group(place).count(place) {
                return Some(stripe.add_to(count, amount));
            }
            table = table.next(room)?;
        }
    }

    /// The places that have counts, in this table and those that continue it.
    pub(super) fn counts(&self) -> impl Iterator<Item = (Place, u64)> {
        let tables = iter::successors(Some(self), |table| table.next.get());
        let groups = tables.flat_map(|table| &table.groups);
        groups.flat_map(Group::counts)
    }

    /// A word of each piece of memory.
    pub(super) fn touch(&self) -> impl Iterator<Item = u64> {
        let tables = iter::successors(Some(self), |table| table.next.get());
        let groups = tables.flat_map(|table| &table.groups);
        groups.map(|group| group.places[0].load(Relaxed))
    }

    fn next(&self, room: usize) -> Option<&Self> {
        let may_grow = self.room < room;
        let larger = || Box::new(Self::with_groups(2 * self.groups.len(), self.room));
        self.next
            .get()
            .or_else(|| may_grow.then(|| self.next.get_or_init(larger)))
    }

    #[inline]
    fn group(&self, place: Place) -> &Group {
        /// 2^64 divided by the golden ratio: what is multiplied by it comes to lie apart from its neighbours.
        const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;
        // The number of groups is a power of 2.
        let shift = u64::BITS - self.groups.len().trailing_zeros();
        &self.groups[(place.word().wrapping_mul(FACTOR) >> shift) as usize]
    }
}

impl Group {
    /// The count of a place, which takes a free one if it has none yet.
    #[inline]
    fn count(&self, place: Place) -> Option<&AtomicU64> {
        let index = self.places.iter().position(|held| holds(held, place))?;
        Some(&self.counts[index])
    }

    fn counts(&self) -> impl Iterator<Item = (Place, u64)> {
        let places = self.places.iter().map(|place| place.load(Relaxed));
        let counts = self.counts.iter().map(|count| count.load(Relaxed));
        places
            .zip(counts)
            // A place that is just being taken may have a count already.
            .filter(|(word, count)| *word != 0 && *count > 0)
            .map(|(word, count)| (Place::from_word(word), count))
    }
}

/// Whether `held` is the place, or free and now is.
#[inline]
fn holds(held: &AtomicU64, place: Place) -> bool {
    let word = held.load(Relaxed);
    if word != 0 {
        return word == place.word();
    }
    let taken = held.compare_exchange(0, place.word(), Relaxed, Relaxed);
    taken.err().is_none_or(|word| word == place.word())
}

#[cfg(all(test, loom))]
mod under_loom {
    use std::ptr;

    use loom::{sync::Arc, thread};

    use super::*;
    use crate::{cell::stripes::Stripes, native::NativeBucket, sync::model};

    /// Two places of one group.
    fn neighbours(table: &Table) -> [Place; 2] {
        let mut places = (0..).map(|index| Place::new(0, NativeBucket::Positive(index), 0));
        let first = places.next().unwrap();
        let is_near = |place: &Place| ptr::eq(table.group(*place), table.group(first));
        [first, places.find(is_near).unwrap()]
    }

    /// Adds to two places at once, and looks meanwhile.
    fn add_to(choose: fn([Place; 2]) -> [Place; 2], expected: &'static [u64]) {
        model(move || {
            let shared = Arc::new((Table::new(), Stripes::new(1)));
            let places = choose(neighbours(&shared.0));
            let add = |(table, stripes): &(Table, Stripes), place| {
                table.add(place, 1, 0, &stripes.local())
            };
            let other = thread::spawn({
                let shared = Arc::clone(&shared);
                move || add(&shared, places[1])
            });
            add(&shared, places[0]).unwrap();
            let seen: Vec<_> = shared.0.counts().collect();
            assert!(seen.iter().all(|(place, _)| places.contains(place)));
            other.join().unwrap().unwrap();
            let counts: Vec<_> = shared.0.counts().map(|(_, count)| count).collect();
            assert_eq!(counts, expected);
        });
    }

    #[test]
    fn who_adds_to_the_same_place_at_once_finds_it_once() {
        add_to(|[first, _]| [first; 2], &[2]);
    }

    #[test]
    fn who_adds_to_different_places_at_once_finds_each() {
        add_to(|places| places, &[1, 1]);
    }
}
