//! What brings metrics up to date before somebody looks at them.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, PoisonError, RwLock},
};

use crate::Registry;

type Refresh = Arc<dyn Fn() + Send + Sync>;

/// What is called before each look.
#[derive(Default)]
pub(crate) struct Refreshers(RwLock<Vec<Refresh>>);

impl Registry {
    /// Calls `refresh` before each scrape, snapshot and push, on the thread that looks, so that what is measured only now and then is up
    /// to date. It should be quick, and measure no more often than somebody needs. A panic in it is caught.
    ///
    /// It lives as long as the registry, which it should not hold.
    pub fn before_look(&self, refresh: impl Fn() + Send + Sync + 'static) {
        let mut refreshers = self
            .0
            .refreshers
            .0
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        refreshers.push(Arc::new(refresh));
    }

    pub(crate) fn refresh(&self) {
        // The lock is not held while they run: they may look, too.
        let refreshers = self
            .0
            .refreshers
            .0
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        for refresh in refreshers {
            let _ = catch_unwind(AssertUnwindSafe(|| refresh()));
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::{Registry, Value};

    #[test]
    fn what_is_refreshed_is_seen_by_each_way_of_looking() {
        let registry = Registry::new();
        let looks = registry.gauge("looks", &[]).unwrap();
        registry.before_look(|| panic!("a refresh that fails"));
        registry.before_look(move || looks.increment(1));
        let seen = registry.snapshot();
        assert_eq!(
            seen.value("looks", &[]).and_then(Value::as_gauge),
            Some(1.0)
        );
        assert!(registry.render().contains("\nlooks 2\n"));
    }
}
