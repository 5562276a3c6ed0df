//! What else is current while a request or job is polled.

use std::{fmt, ops::Deref, sync::Arc};

/// Something that is made current on a thread while a request or job is polled there, and not any more after it: another library's
/// idea of what is current.
///
/// Polls nest, and each that is entered is left, in the opposite order, even where it panics.
pub trait Scope: fmt::Debug + Send + Sync {
    /// It is polled now.
    fn enter(&self);

    /// It is not any more.
    fn exit(&self);
}

/// Makes the scope of a request or job.
pub(crate) type MakeScope = dyn Fn() -> Arc<dyn Scope> + Send + Sync;

/// A scope in another.
#[derive(Debug)]
pub(crate) struct Nested {
    pub(crate) outer: Arc<dyn Scope>,
    pub(crate) inner: Arc<dyn Scope>,
}

impl Scope for Nested {
    fn enter(&self) {
        self.outer.enter();
        self.inner.enter();
    }

    fn exit(&self) {
        self.inner.exit();
        self.outer.exit();
    }
}

/// A scope for as long as this lives.
pub(crate) struct InScope<S: Deref<Target = dyn Scope>>(S);

impl<S: Deref<Target = dyn Scope>> InScope<S> {
    pub(crate) fn enter(scope: S) -> Self {
        scope.enter();
        Self(scope)
    }
}

impl<S: Deref<Target = dyn Scope>> Drop for InScope<S> {
    fn drop(&mut self) {
        self.0.exit();
    }
}
