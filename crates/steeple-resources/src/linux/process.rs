//! What the process takes.

use std::{sync::LazyLock, time::Duration};

use metrics::Unit::{Bytes, Count, Seconds};
use nix::sys::resource::{UsageWho, getrusage};
use procfs::{
    CurrentSI, KernelStats,
    process::{LimitValue, Process as Proc},
};
use steeple_metrics::Kind::{Counter, Gauge};

use crate::{
    board::{Board, Description},
    source::Source,
};

const METRICS: &[Description] = &[
    (
        "process.cpu.time",
        Counter,
        Some(Seconds),
        "CPU time of the process, by mode.",
    ),
    (
        "process.cpu.utilization",
        Gauge,
        None,
        "Share of the CPU time that the process may have which it took since the last reading, by mode.",
    ),
    (
        "process.memory.usage",
        Gauge,
        Some(Bytes),
        "Physical memory in use.",
    ),
    (
        "process.memory.virtual",
        Gauge,
        Some(Bytes),
        "Committed virtual memory.",
    ),
    (
        "process.disk.io",
        Counter,
        Some(Bytes),
        "Bytes read from disks and written to them.",
    ),
    ("process.thread.count", Gauge, Some(Count), "Threads."),
    (
        "process.unix.file_descriptor.count",
        Gauge,
        Some(Count),
        "Open file descriptors.",
    ),
    (
        "process.context_switches",
        Counter,
        Some(Count),
        "Context switches, voluntary or not.",
    ),
    (
        "process.paging.faults",
        Counter,
        Some(Count),
        "Page faults, major or minor.",
    ),
    (
        "process.uptime",
        Gauge,
        Some(Seconds),
        "Time since the process started.",
    ),
    // What clients of Prometheus in other languages call them.
    (
        "process_cpu_seconds_total",
        Counter,
        None,
        "Total user and system CPU time spent in seconds.",
    ),
    (
        "process_open_fds",
        Gauge,
        None,
        "Number of open file descriptors.",
    ),
    (
        "process_max_fds",
        Gauge,
        None,
        "Maximum number of open file descriptors.",
    ),
    (
        "process_virtual_memory_bytes",
        Gauge,
        None,
        "Virtual memory size in bytes.",
    ),
    (
        "process_virtual_memory_max_bytes",
        Gauge,
        None,
        "Maximum amount of virtual memory available in bytes.",
    ),
    (
        "process_resident_memory_bytes",
        Gauge,
        None,
        "Resident memory size in bytes.",
    ),
    (
        "process_start_time_seconds",
        Gauge,
        None,
        "Start time of the process since unix epoch in seconds.",
    ),
    (
        "process_threads",
        Gauge,
        None,
        "Number of OS threads in the process.",
    ),
];

/// When the machine started, in seconds since 1970: the file that tells it is a long one.
static BOOT: LazyLock<Option<f64>> = LazyLock::new(|| {
    let stats = KernelStats::current().ok()?;
    Some(stats.btime as f64)
});

/// This process, as `/proc/self` tells it.
#[derive(Debug, Default)]
pub(crate) struct Process {
    /// The CPU time before, by user and system.
    before: Option<[f64; 2]>,
}

impl Source for Process {
    fn metrics(&self) -> &'static [Description] {
        METRICS
    }

    fn sample(&mut self, since: Option<Duration>, board: &Board) {
        // Looked up anew each time, since a fork is another process.
        let Ok(process) = Proc::myself() else { return };
        self.stat(&process, since, board);
        if let Ok(io) = process.io() {
            let directions = [("read", io.read_bytes), ("write", io.write_bytes)];
            for (direction, bytes) in directions {
                let labels = [("disk.io.direction", direction)];
                board.total("process.disk.io", &labels, bytes as f64);
            }
        }
        // What `/proc/self/status` tells is of the main thread alone.
        if let Ok(usage) = getrusage(UsageWho::RUSAGE_SELF) {
            let switches = [
                ("voluntary", usage.voluntary_context_switches()),
                ("involuntary", usage.involuntary_context_switches()),
            ];
            for (kind, count) in switches {
                let labels = [("process.context_switch.type", kind)];
                board.total("process.context_switches", &labels, count as f64);
            }
        }
        if let Ok(open) = process.fd_count() {
            // The directory that was read is one of them.
            let open = open.saturating_sub(1) as f64;
            board.gauge("process.unix.file_descriptor.count", &[], open);
            board.gauge("process_open_fds", &[], open);
        }
        if let Ok(limits) = process.limits() {
            board.gauge(
                "process_max_fds",
                &[],
                limit(limits.max_open_files.soft_limit),
            );
            let memory = limit(limits.max_address_space.soft_limit);
            board.gauge("process_virtual_memory_max_bytes", &[], memory);
        }
    }
}

impl Process {
    fn stat(&mut self, process: &Proc, since: Option<Duration>, board: &Board) {
        let Ok(stat) = process.stat() else { return };
        let seconds = |ticks: u64| ticks as f64 / procfs::ticks_per_second() as f64;
        let times = [seconds(stat.utime), seconds(stat.stime)];
        for (mode, time) in ["user", "system"].into_iter().zip(times) {
            board.total("process.cpu.time", &[("cpu.mode", mode)], time);
        }
        board.total("process_cpu_seconds_total", &[], times[0] + times[1]);
        if let (Some(before), Some(since)) = (self.before, since.filter(|since| !since.is_zero())) {
            let available = since.as_secs_f64() * crate::linux::processors();
            for (place, mode) in ["user", "system"].into_iter().enumerate() {
                let share = (times[place] - before[place]) / available;
                board.gauge("process.cpu.utilization", &[("cpu.mode", mode)], share);
            }
        }
        self.before = Some(times);

        let resident = (stat.rss * procfs::page_size()) as f64;
        let threads = stat.num_threads as f64;
        let figures = [
            ("process.memory.usage", resident),
            ("process_resident_memory_bytes", resident),
            ("process.memory.virtual", stat.vsize as f64),
            ("process_virtual_memory_bytes", stat.vsize as f64),
            ("process.thread.count", threads),
            ("process_threads", threads),
        ];
        for (name, value) in figures {
            board.gauge(name, &[], value);
        }
        for (kind, count) in [("major", stat.majflt), ("minor", stat.minflt)] {
            let labels = [("system.paging.fault.type", kind)];
            board.total("process.paging.faults", &labels, count as f64);
        }
        let started = seconds(stat.starttime);
        if let Some(boot) = *BOOT {
            board.gauge("process_start_time_seconds", &[], boot + started);
        }
        if let Some(up) = crate::linux::host::uptime() {
            board.gauge("process.uptime", &[], (up - started).max(0.0));
        }
    }
}

/// No limit is told as what other clients tell.
fn limit(limit: LimitValue) -> f64 {
    match limit {
        LimitValue::Unlimited => u64::MAX as f64,
        LimitValue::Value(value) => value as f64,
    }
}
