//! What is told of runtimes.

use metrics::Unit::{Count, Seconds};
use steeple_metrics::Kind::{Counter, Gauge, Histogram};

use crate::board::Description;

/// How long a task waits for a worker.
pub(super) const DELAY: &str = "steeple.runtime.scheduling.delay";

pub(super) const METRICS: &[Description] = &[
    (
        DELAY,
        Histogram,
        Some(Seconds),
        "Time from a task's spawn to its first poll.",
    ),
    (
        "steeple.runtime.scheduling.waiting",
        Gauge,
        Some(Seconds),
        "Time for which a task waits for its first poll right now.",
    ),
    (
        "tokio_workers_count",
        Gauge,
        Some(Count),
        "Worker threads of the runtime.",
    ),
    (
        "tokio_live_tasks_count",
        Gauge,
        Some(Count),
        "Tasks that are alive in the runtime.",
    ),
    (
        "tokio_global_queue_depth",
        Gauge,
        Some(Count),
        "Tasks in the runtime's queue that no worker has taken up.",
    ),
    (
        "tokio_total_park_count",
        Counter,
        Some(Count),
        "How often workers had nothing to do and were parked.",
    ),
    (
        "tokio_total_busy_duration_seconds_total",
        Counter,
        None,
        "Time that workers were busy, added up.",
    ),
    (
        "tokio_blocking_threads_count",
        Gauge,
        Some(Count),
        "Threads for blocking calls, with `tokio_unstable`.",
    ),
    (
        "tokio_blocking_queue_depth",
        Gauge,
        Some(Count),
        "Blocking calls that no thread has taken up, with `tokio_unstable`.",
    ),
    (
        "tokio_total_polls_count",
        Counter,
        Some(Count),
        "Polls of tasks, with `tokio_unstable`.",
    ),
    (
        "tokio_total_steal_count",
        Counter,
        Some(Count),
        "Tasks that workers took from others, with `tokio_unstable`.",
    ),
    (
        "tokio_mean_poll_duration",
        Gauge,
        Some(Seconds),
        "Mean time of a poll since the last reading, with `tokio_unstable`.",
    ),
];
