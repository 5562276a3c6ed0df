use std::time::Duration;

use ::tokio::runtime::Handle;
use metrics::Unit::{Count, Seconds};
use steeple_metrics::Kind::{Counter, Gauge};
use tokio_metrics::{RuntimeIntervals, RuntimeMonitor};

use crate::{
    board::{Board, Description},
    source::Source,
};

const METRICS: &[Description] = &[
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

/// A runtime of tokio, by the names of [tokio-metrics](https://docs.rs/tokio-metrics).
pub(crate) struct Tokio {
    intervals: RuntimeIntervals,
    parks: u64,
    busy: Duration,
    #[cfg(tokio_unstable)]
    polls: u64,
    #[cfg(tokio_unstable)]
    steals: u64,
}

impl Tokio {
    pub(crate) fn new(runtime: &Handle) -> Self {
        Self {
            intervals: RuntimeMonitor::new(runtime).intervals(),
            parks: 0,
            busy: Duration::ZERO,
            #[cfg(tokio_unstable)]
            polls: 0,
            #[cfg(tokio_unstable)]
            steals: 0,
        }
    }
}

impl Source for Tokio {
    fn metrics(&self) -> &'static [Description] {
        METRICS
    }

    fn sample(&mut self, _: Option<Duration>, board: &Board) {
        let Some(figures) = self.intervals.next() else {
            return;
        };
        self.parks += figures.total_park_count;
        self.busy += figures.total_busy_duration;
        board.gauge("tokio_workers_count", &[], figures.workers_count as f64);
        board.gauge(
            "tokio_live_tasks_count",
            &[],
            figures.live_tasks_count as f64,
        );
        board.gauge(
            "tokio_global_queue_depth",
            &[],
            figures.global_queue_depth as f64,
        );
        board.total("tokio_total_park_count", &[], self.parks as f64);
        board.total(
            "tokio_total_busy_duration_seconds_total",
            &[],
            self.busy.as_secs_f64(),
        );
        #[cfg(tokio_unstable)]
        {
            self.polls += figures.total_polls_count;
            self.steals += figures.total_steal_count;
            board.gauge(
                "tokio_blocking_threads_count",
                &[],
                figures.blocking_threads_count as f64,
            );
            board.gauge(
                "tokio_blocking_queue_depth",
                &[],
                figures.blocking_queue_depth as f64,
            );
            board.gauge(
                "tokio_mean_poll_duration",
                &[],
                figures.mean_poll_duration.as_secs_f64(),
            );
            board.total("tokio_total_polls_count", &[], self.polls as f64);
            board.total("tokio_total_steal_count", &[], self.steals as f64);
        }
    }
}
