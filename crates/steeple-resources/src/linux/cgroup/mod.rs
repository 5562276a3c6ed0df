//! What the control group of the process allows, and what it takes: that of its container, mostly.
//!
//! The files of the kernel are read here, for [v1](https://docs.kernel.org/admin-guide/cgroup-v1/) and
//! [v2](https://docs.kernel.org/admin-guide/cgroup-v2.html): libraries tell the limits of the process' own group alone, although those of
//! the groups around it hold, too.

mod figures;
mod files;
mod place;
mod v1;
mod v2;

use std::{path::Path, time::Duration};

use metrics::Unit::{Bytes, Seconds};
use steeple_metrics::Kind::{Counter, Gauge};

pub(crate) use self::figures::Figures;
use self::place::Place;
use crate::{
    board::{Board, Description},
    source::Source,
};

const METRICS: &[Description] = &[
    (
        "container.cpu.time",
        Counter,
        Some(Seconds),
        "CPU time of the control group, by mode.",
    ),
    (
        "container.memory.usage",
        Gauge,
        Some(Bytes),
        "Memory of the control group, with what the kernel keeps of files.",
    ),
    (
        "container.memory.working_set",
        Gauge,
        Some(Bytes),
        "The same without what the kernel can take back at once.",
    ),
    (
        "container.memory.rss",
        Gauge,
        Some(Bytes),
        "Memory of the control group that no file stands behind.",
    ),
    (
        "container.memory.available",
        Gauge,
        Some(Bytes),
        "What the limits leave beside the working sets: that of the group, or of one around it that leaves less.",
    ),
    // What cAdvisor calls them: the conventions do not have them.
    (
        "container_spec_cpu_quota",
        Gauge,
        None,
        "CPU quota of the container, in microseconds a period.",
    ),
    (
        "container_spec_cpu_period",
        Gauge,
        None,
        "CPU period of the container, in microseconds.",
    ),
    (
        "container_cpu_cfs_periods_total",
        Counter,
        None,
        "Number of elapsed enforcement period intervals.",
    ),
    (
        "container_cpu_cfs_throttled_periods_total",
        Counter,
        None,
        "Number of throttled period intervals.",
    ),
    (
        "container_cpu_cfs_throttled_seconds_total",
        Counter,
        None,
        "Total time duration the container has been throttled.",
    ),
    (
        "container_spec_memory_limit_bytes",
        Gauge,
        None,
        "Memory limit for the container.",
    ),
    (
        "container_oom_events_total",
        Counter,
        None,
        "Count of out of memory events observed for the container.",
    ),
    (
        "container_threads",
        Gauge,
        None,
        "Number of threads running inside the container.",
    ),
    (
        "container_threads_max",
        Gauge,
        None,
        "Maximum number of threads allowed inside the container.",
    ),
    (
        "container_pressure_cpu_waiting_seconds_total",
        Counter,
        None,
        "Total time duration tasks in the container have waited due to CPU congestion.",
    ),
    (
        "container_pressure_cpu_stalled_seconds_total",
        Counter,
        None,
        "Total time duration no tasks in the container could make progress due to CPU congestion.",
    ),
    (
        "container_pressure_memory_waiting_seconds_total",
        Counter,
        None,
        "Total time duration tasks in the container have waited due to memory congestion.",
    ),
    (
        "container_pressure_memory_stalled_seconds_total",
        Counter,
        None,
        "Total time duration no tasks in the container could make progress due to memory congestion.",
    ),
    (
        "container_pressure_io_waiting_seconds_total",
        Counter,
        None,
        "Total time duration tasks in the container have waited due to IO congestion.",
    ),
    (
        "container_pressure_io_stalled_seconds_total",
        Counter,
        None,
        "Total time duration no tasks in the container could make progress due to IO congestion.",
    ),
];

/// The control group that the process is in; it may be moved to another one.
#[derive(Debug, Default)]
pub(crate) struct Cgroup;

impl Source for Cgroup {
    fn metrics(&self) -> &'static [Description] {
        METRICS
    }

    fn sample(&mut self, _: Option<Duration>, board: &Board) {
        let Some(place) = Place::of_process(Path::new("/")) else {
            return;
        };
        let figures = Figures::read(&place);
        for (mode, seconds) in [("user", figures.user), ("system", figures.system)] {
            if let Some(seconds) = seconds {
                board.total("container.cpu.time", &[("cpu.mode", mode)], seconds);
            }
        }
        for (name, value) in figures.gauges() {
            if let Some(value) = value {
                board.gauge(name, &[], value);
            }
        }
        for (name, total) in figures.totals() {
            if let Some(total) = total {
                board.total(name, &[], total);
            }
        }
        for (resource, how, seconds) in &figures.pressures {
            let name = format!("container_pressure_{resource}_{how}_seconds_total");
            board.total(&name, &[], *seconds);
        }
    }
}
