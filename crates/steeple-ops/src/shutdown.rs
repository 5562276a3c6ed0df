use std::{
    sync::mpsc::{self, Receiver, RecvTimeoutError, SyncSender},
    thread,
    time::{Duration, Instant},
};

use tokio::sync::oneshot;

use crate::error::ShutdownError;

/// Longer ones could not be added to the clock.
const LONGEST_DEADLINE: Duration = Duration::from_secs(365 * 24 * 60 * 60);
/// What the listener's thread has after the deadline to cut connections off and to say so.
const GRACE: Duration = Duration::from_millis(500);

/// Ends the listener; dropped instead, it ends it at once.
pub(crate) struct Shutdown(oneshot::Sender<Stop>);

/// Tells the listener's thread to end.
pub(crate) struct Stop {
    pub(crate) deadline: Instant,
    /// Takes how many connections were cut off.
    pub(crate) report: SyncSender<usize>,
}

impl Shutdown {
    pub(crate) fn new() -> (Self, oneshot::Receiver<Stop>) {
        let (stop, stopped) = oneshot::channel();
        (Self(stop), stopped)
    }

    /// Waits on another thread, because the caller's runtime must go on and may have no timers.
    pub(crate) async fn off_thread(self, deadline: Duration) -> Result<(), ShutdownError> {
        let (sender, outcome) = oneshot::channel();
        thread::Builder::new()
            .name("steeple-ops-wait".to_owned())
            .spawn(move || sender.send(self.blocking(deadline)))
            .map_err(ShutdownError::Thread)?;
        outcome.await.unwrap_or(Err(ShutdownError::Ended))
    }

    pub(crate) fn blocking(self, deadline: Duration) -> Result<(), ShutdownError> {
        let (report, cut) = mpsc::sync_channel(1);
        let longest = deadline.min(LONGEST_DEADLINE);
        let stop = Stop {
            deadline: Instant::now() + longest,
            report,
        };
        // Fails only if the thread has ended; the report's sender is dropped then, which tells us.
        let _ = self.0.send(stop);
        outcome(&cut, longest + GRACE, deadline)
    }
}

fn outcome(
    cut: &Receiver<usize>,
    longest: Duration,
    deadline: Duration,
) -> Result<(), ShutdownError> {
    match cut.recv_timeout(longest) {
        Ok(0) => Ok(()),
        Ok(cut) => Err(ShutdownError::Busy { cut, deadline }),
        Err(RecvTimeoutError::Timeout) => Err(ShutdownError::TimedOut { deadline }),
        Err(RecvTimeoutError::Disconnected) => Err(ShutdownError::Ended),
    }
}

#[cfg(test)]
mod tests {
    use tokio::runtime;

    use super::*;

    const DEADLINE: Duration = Duration::from_millis(10);

    fn off_thread(shutdown: Shutdown) -> Result<(), ShutdownError> {
        let runtime = runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(shutdown.off_thread(DEADLINE))
    }

    fn blocking(shutdown: Shutdown) -> Result<(), ShutdownError> {
        shutdown.blocking(DEADLINE)
    }

    #[test]
    fn a_thread_that_does_not_answer_holds_nobody_up() {
        for wait in [blocking, off_thread] {
            let (shutdown, _unheard) = Shutdown::new();
            let begun = Instant::now();

            let outcome = wait(shutdown);

            let elapsed = begun.elapsed();
            assert!(
                matches!(outcome, Err(ShutdownError::TimedOut { deadline: DEADLINE })),
                "{outcome:?}"
            );
            assert!(elapsed < Duration::from_secs(10), "{elapsed:?}");
        }
    }

    #[test]
    fn a_thread_that_has_ended_is_no_success() {
        for wait in [blocking, off_thread] {
            let (shutdown, gone) = Shutdown::new();
            drop(gone);

            let outcome = wait(shutdown);

            assert!(matches!(outcome, Err(ShutdownError::Ended)), "{outcome:?}");
        }
    }
}
