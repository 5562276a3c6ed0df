//! What open spans began with in this process.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use steeple_core::SpanId;

/// Threads meet in a stripe only if the ids of their spans do.
const STRIPES: usize = 16;

/// What spans began with in this process whose contexts do not tell it: those of the API outside of any request or job. It knows
/// as many as are open.
#[derive(Debug, Default)]
pub(crate) struct LocalRoots([Mutex<HashMap<SpanId, SpanId>>; STRIPES]);

impl LocalRoots {
    pub(crate) fn insert(&self, span: SpanId, root: SpanId) {
        self.stripe(span).insert(span, root);
    }

    pub(crate) fn remove(&self, span: SpanId) {
        self.stripe(span).remove(&span);
    }

    pub(crate) fn of(&self, span: SpanId) -> Option<SpanId> {
        self.stripe(span).get(&span).copied()
    }

    fn stripe(&self, span: SpanId) -> MutexGuard<'_, HashMap<SpanId, SpanId>> {
        let [.., last] = span.to_bytes();
        let stripe = &self.0[usize::from(last) % STRIPES];
        stripe.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_known_for_as_long_as_it_is_open() {
        let roots = LocalRoots::default();
        let id = |number: u64| SpanId::from_bytes(number.to_be_bytes()).unwrap();
        (1..=100).for_each(|span| roots.insert(id(span), id(1_000 + span)));
        for span in 1..=100 {
            assert_eq!(roots.of(id(span)), Some(id(1_000 + span)));
            roots.remove(id(span));
            assert_eq!(roots.of(id(span)), None);
        }
        assert!(
            roots
                .0
                .iter()
                .all(|stripe| stripe.lock().unwrap().is_empty())
        );
    }
}
