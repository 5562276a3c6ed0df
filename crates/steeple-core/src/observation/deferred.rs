//! What waits until it is known which route a request is of.

use std::{
    fmt,
    sync::{Mutex, PoisonError},
};

/// How much waits of one request at most.
const MOST: usize = 16;

/// What is to be done then.
pub(crate) type Action = Box<dyn FnOnce() + Send>;

/// What waits, each in a lock that nobody takes: so an observation can be shared, which bodies in boxes demand.
#[derive(Default)]
pub(crate) struct Deferred(Vec<Mutex<Action>>);

impl Deferred {
    pub(crate) fn has_room(&self) -> bool {
        self.0.len() < MOST
    }

    pub(crate) fn push(&mut self, action: Action) {
        self.0.push(Mutex::new(action));
    }

    /// Has `run` do each.
    pub(crate) fn run(self, run: impl Fn(Action)) {
        let unlocked =
            |action: Mutex<_>| action.into_inner().unwrap_or_else(PoisonError::into_inner);
        self.0.into_iter().map(unlocked).for_each(run);
    }
}

impl fmt::Debug for Deferred {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Deferred").field(&self.0.len()).finish()
    }
}
