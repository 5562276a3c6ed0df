//! How long the requests of each route take.

use std::{
    array, fmt,
    hash::{BuildHasher, RandomState},
    sync::{
        OnceLock,
        atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed},
    },
};

use super::duration_sketch::DurationSketch;

/// How many routes and names of jobs there are at most.
const MOST_ROUTES: usize = 1_000;
const SLOTS: usize = 2_048;

/// A table of the sketches of routes, which only grows, and is read and written without a lock.
pub(super) struct Routes {
    hasher: RandomState,
    taken: AtomicUsize,
    slots: Box<[Slot; SLOTS]>,
}

#[derive(Default)]
struct Slot {
    /// Of the route: of 1,000, it is all but certain that no two have the same 64 bits. 0 if it is free.
    hash: AtomicU64,
    sketch: OnceLock<Box<DurationSketch>>,
}

impl Routes {
    pub(super) fn new() -> Self {
        Self {
            hasher: RandomState::new(),
            taken: AtomicUsize::new(0),
            slots: Box::new(array::from_fn(|_| Slot::default())),
        }
    }

    /// That of the jobs of this kind and name, or of the requests of a route, which have no kind; none if there are too many.
    pub(super) fn sketch(&self, kind: &str, route: &str) -> Option<&DurationSketch> {
        let hash = self.hasher.hash_one((kind, route)).max(1);
        for step in 0..SLOTS {
            let slot = &self.slots[(hash as usize).wrapping_add(step) % SLOTS];
            let mut found = slot.hash.load(Relaxed);
            if found == 0 {
                if self.taken.load(Relaxed) >= MOST_ROUTES {
                    return None;
                }
                found = match slot.hash.compare_exchange(0, hash, Relaxed, Relaxed) {
                    Ok(_) => {
                        self.taken.fetch_add(1, Relaxed);
                        hash
                    }
                    Err(other) => other,
                };
            }
            if found == hash {
                return Some(slot.sketch.get_or_init(Box::default));
            }
        }
        None
    }
}

impl fmt::Debug for Routes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Routes")
            .field("taken", &self.taken)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::{ptr, thread};

    use super::*;

    #[test]
    fn each_route_has_a_sketch_of_its_own_and_keeps_it() {
        let routes = Routes::new();
        let users = routes.sketch("", "/users").unwrap();
        assert!(!ptr::eq(users, routes.sketch("", "/orders").unwrap()));
        assert!(!ptr::eq(users, routes.sketch("job", "/users").unwrap()));
        assert!(ptr::eq(users, routes.sketch("", "/users").unwrap()));
    }

    #[test]
    fn a_full_table_takes_no_new_routes_and_keeps_the_old_whatever_threads_do() {
        let routes = Routes::new();
        let name = |number| format!("/{number}");
        let found = |numbers: std::ops::Range<usize>| {
            let known = numbers.filter(|number| routes.sketch("", &name(*number)).is_some());
            known.collect::<Vec<_>>()
        };
        let both = thread::scope(|scope| {
            let fill = || found(0..5_000);
            let threads = [scope.spawn(fill), scope.spawn(fill)];
            threads.map(|thread| thread.join().unwrap())
        });
        // Threads that enter one at the same moment go over by their number.
        let taken = routes.taken.load(Relaxed);
        assert!((MOST_ROUTES..MOST_ROUTES + 2).contains(&taken), "{taken}");
        let known = found(0..5_000);
        assert_eq!(known.len(), taken);
        assert!(both.iter().flatten().all(|number| known.contains(number)));
    }
}
