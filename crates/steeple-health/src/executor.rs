use std::{io, thread, time::Duration};

use tokio::{
    runtime::{Builder, Handle},
    sync::oneshot,
    time::{self, Timeout},
};

const NAME: &str = "steeple-health";
/// Longer than most caches, so that a thread serves more than one run.
const IDLE: Duration = Duration::from_secs(30);

/// The runtime that checks run on: a thread that only waits and keeps the time, and one for each check that is running.
pub(crate) struct Executor {
    handle: Handle,
    stop: Option<oneshot::Sender<()>>,
}

impl Executor {
    pub(crate) fn start() -> io::Result<Self> {
        let runtime = Builder::new_current_thread()
            .enable_all()
            .thread_name(NAME)
            .thread_keep_alive(IDLE)
            .build()?;
        let handle = runtime.handle().clone();
        let (stop, stopped) = oneshot::channel();
        thread::Builder::new()
            .name(NAME.to_owned())
            .spawn(move || {
                // That the other end is gone is the sign as well.
                let _ = runtime.block_on(stopped);
                // A check that blocks its thread holds nobody up.
                runtime.shutdown_background();
            })?;
        Ok(Self {
            handle,
            stop: Some(stop),
        })
    }

    pub(crate) fn handle(&self) -> &Handle {
        &self.handle
    }

    /// `future`, for no longer than `limit`, whatever runtime polls it.
    pub(crate) fn timeout<F: Future>(&self, limit: Duration, future: F) -> Timeout<F> {
        let _runtime = self.handle.enter();
        time::timeout(limit, future)
    }

    /// A pause, whatever runtime polls it.
    #[cfg(feature = "tonic")]
    pub(crate) fn sleep(&self, pause: Duration) -> time::Sleep {
        let _runtime = self.handle.enter();
        time::sleep(pause)
    }
}

impl Drop for Executor {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
    }
}
