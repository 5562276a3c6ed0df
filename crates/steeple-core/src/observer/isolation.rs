//! Private instances: tests and tenants that must not see each other.

use std::sync::Arc;

use metrics::Recorder;
use tracing::{Dispatch, dispatcher};

/// What an observed piece of code records into instead of what is global.
pub(crate) struct Isolation {
    recorder: Option<Arc<dyn Recorder + Send + Sync>>,
    dispatch: Option<Dispatch>,
}

impl Isolation {
    pub(crate) fn new(
        recorder: Option<Arc<dyn Recorder + Send + Sync>>,
        dispatch: Option<Dispatch>,
    ) -> Option<Self> {
        (recorder.is_some() || dispatch.is_some()).then_some(Self { recorder, dispatch })
    }

    /// Runs `f` with what is local here, if anything is.
    // `f` is called in one place, whether anything is: only so is it inlined.
    #[inline(always)]
    pub(crate) fn run<R>(isolation: Option<&Self>, f: impl FnOnce() -> R) -> R {
        let isolated = isolation.map(Self::enter);
        let result = f();
        // Most often there is nothing to drop, and no call is needed to see it.
        if let Some(isolated) = isolated {
            drop(isolated);
        }
        result
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
