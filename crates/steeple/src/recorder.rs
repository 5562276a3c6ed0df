//! Which recorders the metrics go to.

use std::sync::{Arc, OnceLock};

use steeple_core::ObserverBuilder;
use steeple_metrics::{InstallError, Registry};

use crate::foreign::Foreign;

/// What to do with the process's one global recorder.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum GlobalRecorder {
    /// Ours if there is none; otherwise the one that is there gets the request metrics too.
    #[default]
    Share,
    /// Ours, or not at all.
    Require,
    /// Neither taken nor fed.
    Leave,
}

/// Ours, where it is the global one.
static INSTALLED: OnceLock<Registry> = OnceLock::new();

/// Whether there is a global recorder of somebody else's that `global` lets be.
pub(crate) fn is_foreign(global: GlobalRecorder) -> bool {
    global == GlobalRecorder::Share && INSTALLED.get().is_none()
}

/// Lets `observer` record into `registry`, and into the global recorder as `global` says.
pub(crate) fn connect(
    observer: ObserverBuilder,
    registry: &Registry,
    global: GlobalRecorder,
) -> Result<ObserverBuilder, InstallError> {
    let ours = Arc::new(registry.clone());
    let observer = observer.recorder(ours.clone());
    if let GlobalRecorder::Leave = global {
        return Ok(observer.local_recorder(ours));
    }
    let Err(taken) = registry.install() else {
        let _ = INSTALLED.set(registry.clone());
        return Ok(observer);
    };
    if let GlobalRecorder::Require = global {
        return Err(taken);
    }
    tracing::info!(
        "a metrics recorder was installed before steeple: it stays, and gets the request metrics too; \
         the application's own metrics go to it alone"
    );
    Ok(match INSTALLED.get() {
        Some(earlier) => observer.recorder(Arc::new(earlier.clone())),
        None => observer.recorder(Foreign::global()),
    })
}
