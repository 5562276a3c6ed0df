//! Private instances, tests and tenants that must not see each other, and requests that must not.

use std::sync::Arc;

use metrics::Recorder;
use tracing::{Dispatch, dispatcher};

use crate::{
    current, panic,
    scope::{InScope, MakeScope, Scope},
};

/// What an observed piece of code records into instead of what is global, and what each request has for itself.
pub(crate) struct Isolation {
    recorder: Option<Arc<dyn Recorder + Send + Sync>>,
    dispatch: Option<Dispatch>,
    scopes: Option<Box<MakeScope>>,
}

impl Isolation {
    pub(crate) fn new(
        recorder: Option<Arc<dyn Recorder + Send + Sync>>,
        dispatch: Option<Dispatch>,
        scopes: Option<Box<MakeScope>>,
    ) -> Option<Self> {
        let any = recorder.is_some() || dispatch.is_some() || scopes.is_some();
        any.then_some(Self {
            recorder,
            dispatch,
            scopes,
        })
    }

    /// The scope of a request or job that begins, if they have some.
    #[cold]
    pub(crate) fn scope(&self) -> Option<Arc<dyn Scope>> {
        let make = self.scopes.as_ref()?;
        let mut scope = None;
        panic::quietly(|| scope = Some(make()));
        scope
    }

    /// That of the current one.
    fn current_scope(&self) -> Option<Arc<dyn Scope>> {
        self.scopes.as_ref()?;
        current::with(|state| state.own_scope.clone())?
    }

    /// Runs `f` with what is local here and the scope of the current request, if there are any.
    // `f` is called in one place, whether anything is: only so is it inlined.
    #[inline(always)]
    pub(crate) fn run<R>(isolation: Option<&Self>, f: impl FnOnce() -> R) -> R {
        let isolated = isolation.map(Self::enter_with_scope);
        let result = f();
        // Most often there is nothing to drop, and no call is needed to see it.
        if let Some(isolated) = isolated {
            drop(isolated);
        }
        result
    }

    #[cold]
    fn enter_with_scope(&self) -> impl Sized {
        let scope = self.current_scope().map(InScope::enter);
        // They end in this order.
        (self.enter(), scope)
    }

    #[cold]
    pub(crate) fn enter(&self) -> impl Sized {
        let recorder = self.recorder.as_deref();
        (
            self.dispatch.as_ref().map(dispatcher::set_default),
            recorder.map(|recorder| metrics::set_default_local_recorder(recorder)),
        )
    }
}
