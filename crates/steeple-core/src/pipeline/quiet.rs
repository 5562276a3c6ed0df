use std::{
    any::Any,
    io,
    panic::{AssertUnwindSafe, catch_unwind},
};

use tokio::runtime::{Builder, Runtime};
use tracing::{Dispatch, dispatcher};

use crate::panic;

/// A runtime of one thread on which nothing is traced and panics are caught.
#[derive(Debug)]
pub(super) struct Quiet(Runtime);

impl Quiet {
    pub(super) fn new() -> io::Result<Self> {
        Builder::new_current_thread().enable_all().build().map(Self)
    }

    /// Runs `future` and the tasks that were spawned on the runtime.
    pub(super) fn block_on<F: Future>(&self, future: F) -> Result<F::Output, Panic> {
        quietly(|| self.0.block_on(future))
    }

    /// Calls `function` in the context of the runtime.
    pub(super) fn enter<R>(&self, function: impl FnOnce() -> R) -> Result<R, Panic> {
        quietly(|| {
            let _context = self.0.enter();
            function()
        })
    }

    /// Ends the runtime, and its tasks, without waiting for what blocks on it.
    pub(super) fn end(self) -> Result<(), Panic> {
        let Self(runtime) = self;
        quietly(|| runtime.shutdown_background())
    }
}

fn quietly<R>(function: impl FnOnce() -> R) -> Result<R, Panic> {
    let _silence = dispatcher::set_default(&Dispatch::none());
    catch_unwind(AssertUnwindSafe(function)).map_err(Panic::new)
}

/// A panic that was caught.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub(super) struct Panic {
    message: String,
}

impl Panic {
    fn new(payload: Box<dyn Any + Send>) -> Self {
        let message = panic::message(&*payload);
        panic::discard(payload);
        Self { message }
    }
}

/// Drops a value where its panic does no harm; the process's hook has told of it by then.
pub(super) fn free<T>(value: T) {
    let _ = panic::catch(|| drop(value));
}
