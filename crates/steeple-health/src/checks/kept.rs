use std::sync::{Arc, Mutex};

use crate::sync::lock;

/// A connection that is kept from one run to the next. A run that is given up takes it along.
pub(super) struct Kept<C>(Arc<Mutex<Option<C>>>);

impl<C> Kept<C> {
    pub(super) fn none() -> Self {
        Self(Arc::default())
    }

    pub(super) fn take(&self) -> Option<C> {
        lock(&self.0).take()
    }

    pub(super) fn keep(&self, connection: C) {
        *lock(&self.0) = Some(connection);
    }
}

impl<C> Clone for Kept<C> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}
