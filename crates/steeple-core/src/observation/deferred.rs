//! What waits until it is known which route a request is of.

use std::fmt;

/// How much waits of one request at most.
const MOST: usize = 16;

/// What is to be done then.
type Action = Box<dyn FnOnce() + Send>;

/// What waits.
#[derive(Default)]
pub(crate) struct Deferred(Vec<Action>);

impl Deferred {
    pub(crate) fn has_room(&self) -> bool {
        self.0.len() < MOST
    }

    pub(crate) fn push(&mut self, action: Action) {
        self.0.push(action);
    }

    /// Does it all, and panics if any of it does.
    pub(crate) fn run(self) {
        self.0.into_iter().for_each(|action| action());
    }
}

impl fmt::Debug for Deferred {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Deferred").field(&self.0.len()).finish()
    }
}
