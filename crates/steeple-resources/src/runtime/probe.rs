use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use metrics::{Histogram, Unit::Seconds};
use steeple_metrics::{
    Kind::{self, Gauge},
    Registry,
};
use tokio::runtime::Handle;

use crate::{
    board::{Board, Description},
    source::Source,
};

/// How long a task waits for a worker.
const DELAY: &str = "steeple.runtime.scheduling.delay";

const METRICS: &[Description] = &[
    (
        DELAY,
        Kind::Histogram,
        Some(Seconds),
        "Time from a task's spawn to its first poll.",
    ),
    (
        "steeple.runtime.scheduling.waiting",
        Gauge,
        Some(Seconds),
        "Time for which a task waits for its first poll right now.",
    ),
];

/// Spawns a task that does nothing, once a reading, to see how soon the runtime takes it up: that tells of workers that are blocked,
/// and needs no unstable flag.
pub(crate) struct Probe {
    runtime: Handle,
    delays: Histogram,
    /// The probe that was sent last: when, and whether it was taken up.
    sent: Option<(Instant, Arc<AtomicBool>)>,
}

impl Probe {
    pub(crate) fn new(runtime: Handle, registry: &Registry) -> Self {
        let (name, kind, unit, help) = METRICS[0];
        let _ = registry.describe(kind, name, unit, help);
        let delays = registry.histogram(name, &[]);
        Self {
            runtime,
            delays: delays.unwrap_or_else(|_| Histogram::noop()),
            sent: None,
        }
    }

    fn send(&mut self) {
        let (now, is_taken_up) = (Instant::now(), Arc::default());
        self.sent = Some((now, Arc::clone(&is_taken_up)));
        let delays = self.delays.clone();
        self.runtime.spawn(async move {
            delays.record(now.elapsed().as_secs_f64());
            is_taken_up.store(true, Relaxed);
        });
    }
}

impl Source for Probe {
    fn metrics(&self) -> &'static [Description] {
        METRICS
    }

    fn sample(&mut self, _: Option<Duration>, board: &Board) {
        // One at a time, however long it waits.
        let waiting = self
            .sent
            .as_ref()
            .filter(|(_, is_taken_up)| !is_taken_up.load(Relaxed));
        let waited = waiting.map(|(sent, _)| sent.elapsed());
        if waited.is_none() {
            self.send();
        }
        let seconds = waited.unwrap_or_default().as_secs_f64();
        board.gauge("steeple.runtime.scheduling.waiting", &[], seconds);
    }
}
