//! What is current besides the observation while its code runs.

use std::sync::Arc;

use crate::{
    observation::state::State,
    observer::Isolation,
    scope::{InScope, Scope},
};

/// What few observations have: those of private instances, those that have scopes, and those that are recorded.
pub(super) struct Surroundings {
    isolation: Option<Arc<Isolation>>,
    scope: Option<Arc<dyn Scope>>,
    trace_scope: Option<Arc<dyn Scope>>,
}

impl Surroundings {
    #[inline]
    pub(super) fn of(state: &State) -> Option<Self> {
        state.is_surrounded.then(|| Self::collect(state))
    }

    #[cold]
    fn collect(state: &State) -> Self {
        let shared = state.shared.as_ref();
        Self {
            isolation: shared.and_then(|shared| shared.isolation.clone()),
            scope: state.own_scope.clone(),
            trace_scope: state.scope.clone().map(|scope| -> Arc<dyn Scope> { scope }),
        }
    }

    /// Makes them current until the result is dropped.
    #[cold]
    pub(super) fn enter(&self) -> impl Sized {
        let trace_scope = self.trace_scope.as_deref().map(InScope::enter);
        let scope = self.scope.as_deref().map(InScope::enter);
        let isolation = self.isolation.as_deref().map(Isolation::enter);
        // They end in this order.
        (isolation, scope, trace_scope)
    }
}
