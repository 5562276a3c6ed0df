use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Instant,
};

use metrics::Histogram;
use tokio::{runtime::Handle, task::JoinHandle};

use crate::board::Board;

/// Spawns a task that does nothing, once a reading, to see how soon the runtime takes it up: that tells of workers that are blocked,
/// and needs no unstable flag.
pub(super) struct Probe {
    runtime: Handle,
    delays: Histogram,
    sent: Option<Sent>,
}

/// A task that was spawned.
struct Sent {
    at: Instant,
    task: JoinHandle<()>,
    is_taken_up: Arc<AtomicBool>,
}

impl Probe {
    pub(super) fn new(runtime: Handle, delays: Histogram) -> Self {
        Self {
            runtime,
            delays,
            sent: None,
        }
    }

    pub(super) fn sample(&mut self, board: &Board, labels: &[(&str, &str)]) {
        // One at a time, however long it waits.
        let waiting = self.sent.as_ref().filter(|sent| !sent.task.is_finished());
        let waited = waiting.map(|sent| sent.at.elapsed());
        if waited.is_none() {
            self.send();
        }
        let seconds = waited.unwrap_or_default().as_secs_f64();
        board.gauge("steeple.runtime.scheduling.waiting", labels, seconds);
    }

    /// Whether the runtime dropped the task instead of taking it up, as it does once it has ended.
    pub(super) fn is_refused(&self) -> bool {
        let sent = self.sent.as_ref();
        sent.is_some_and(|sent| sent.task.is_finished() && !sent.is_taken_up.load(Relaxed))
    }

    fn send(&mut self) {
        let (at, is_taken_up) = (Instant::now(), Arc::<AtomicBool>::default());
        let (delays, taking_up) = (self.delays.clone(), Arc::clone(&is_taken_up));
        let task = self.runtime.spawn(async move {
            taking_up.store(true, Relaxed);
            delays.record(at.elapsed().as_secs_f64());
        });
        self.sent = Some(Sent {
            at,
            task,
            is_taken_up,
        });
    }
}
