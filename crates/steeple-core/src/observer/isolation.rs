//! Private instances: tests and tenants that must not see each other.

use std::sync::Arc;

use metrics::Recorder;
use tracing::Dispatch;

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
    #[inline]
    pub(crate) fn run<R>(isolation: Option<&Self>, f: impl FnOnce() -> R) -> R {
        match isolation {
            None => f(),
            Some(isolation) => isolation.isolate(f),
        }
    }

    fn isolate<R>(&self, f: impl FnOnce() -> R) -> R {
        let traced = || match &self.dispatch {
            None => f(),
            Some(dispatch) => tracing::dispatcher::with_default(dispatch, f),
        };
        match &self.recorder {
            None => traced(),
            Some(recorder) => metrics::with_local_recorder(&**recorder, traced),
        }
    }
}
