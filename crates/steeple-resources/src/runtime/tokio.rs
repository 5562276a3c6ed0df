use std::time::Duration;

use ::tokio::runtime::Handle;
use tokio_metrics::{RuntimeIntervals, RuntimeMonitor};

use crate::board::Board;

/// A runtime of tokio, by the names of [tokio-metrics](https://docs.rs/tokio-metrics).
pub(super) struct Tokio {
    intervals: RuntimeIntervals,
    parks: u64,
    busy: Duration,
    #[cfg(tokio_unstable)]
    polls: u64,
    #[cfg(tokio_unstable)]
    steals: u64,
}

impl Tokio {
    pub(super) fn new(runtime: &Handle) -> Self {
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

    pub(super) fn sample(&mut self, board: &Board, labels: &[(&str, &str)]) {
        let Some(figures) = self.intervals.next() else {
            return;
        };
        self.parks += figures.total_park_count;
        self.busy += figures.total_busy_duration;
        board.gauge("tokio_workers_count", labels, figures.workers_count as f64);
        board.gauge(
            "tokio_live_tasks_count",
            labels,
            figures.live_tasks_count as f64,
        );
        board.gauge(
            "tokio_global_queue_depth",
            labels,
            figures.global_queue_depth as f64,
        );
        board.total("tokio_total_park_count", labels, self.parks as f64);
        board.total(
            "tokio_total_busy_duration_seconds_total",
            labels,
            self.busy.as_secs_f64(),
        );
        #[cfg(tokio_unstable)]
        {
            self.polls += figures.total_polls_count;
            self.steals += figures.total_steal_count;
            board.gauge(
                "tokio_blocking_threads_count",
                labels,
                figures.blocking_threads_count as f64,
            );
            board.gauge(
                "tokio_blocking_queue_depth",
                labels,
                figures.blocking_queue_depth as f64,
            );
            board.gauge(
                "tokio_mean_poll_duration",
                labels,
                figures.mean_poll_duration.as_secs_f64(),
            );
            board.total("tokio_total_polls_count", labels, self.polls as f64);
            board.total("tokio_total_steal_count", labels, self.steals as f64);
        }
    }
}
