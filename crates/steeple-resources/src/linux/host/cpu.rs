use std::time::Duration;

use metrics::Unit::{Count, Seconds};
use procfs::{Current, CurrentSI, KernelStats, LoadAverage};
use steeple_metrics::Kind::{Counter, Gauge};

use crate::{
    board::{Board, Description},
    source::Source,
};

const METRICS: &[Description] = &[
    (
        "system.cpu.time",
        Counter,
        Some(Seconds),
        "CPU time of the machine, by mode.",
    ),
    (
        "system.cpu.utilization",
        Gauge,
        None,
        "Share of the CPU time since the last reading, by mode.",
    ),
    (
        "system.cpu.logical.count",
        Gauge,
        Some(Count),
        "Logical processors of the machine.",
    ),
    (
        "system.uptime",
        Gauge,
        Some(Seconds),
        "Time since the machine started.",
    ),
    // What node_exporter calls them: the conventions do not have them.
    ("node_load1", Gauge, None, "1m load average."),
    ("node_load5", Gauge, None, "5m load average."),
    ("node_load15", Gauge, None, "15m load average."),
];

const MODES: [&str; 7] = [
    "user",
    "nice",
    "system",
    "idle",
    "iowait",
    "interrupt",
    "steal",
];
const IDLE: [usize; 2] = [3, 4];

/// Processors and their load.
#[derive(Debug, Default)]
pub(crate) struct Cpu {
    before: Option<CpuTimes>,
    /// As they were last, for when no time went by.
    shares: Option<[f64; MODES.len()]>,
}

/// The seconds that the processors of the machine spent, by mode.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CpuTimes([f64; MODES.len()]);

impl CpuTimes {
    pub(crate) fn now() -> Option<Self> {
        Some(Self::of(&KernelStats::current().ok()?))
    }

    fn of(stats: &KernelStats) -> Self {
        let total = &stats.total;
        let ticks = [
            total.user,
            total.nice,
            total.system,
            total.idle,
            total.iowait.unwrap_or_default(),
            total.irq.unwrap_or_default() + total.softirq.unwrap_or_default(),
            total.steal.unwrap_or_default(),
        ];
        Self(ticks.map(|ticks| ticks as f64 / procfs::ticks_per_second() as f64))
    }

    /// The share of each mode of the time since `before`, if some went by.
    fn shares(&self, before: &Self) -> Option<[f64; MODES.len()]> {
        let mut spent = self.0;
        for (spent, before) in spent.iter_mut().zip(before.0) {
            *spent = (*spent - before).max(0.0);
        }
        let all: f64 = spent.iter().sum();
        (all > 0.0).then(|| spent.map(|spent| spent / all))
    }

    /// The share of the time since `before` in which the processors were busy.
    pub(crate) fn busy(&self, before: &Self) -> Option<f64> {
        let shares = self.shares(before)?;
        Some(1.0 - IDLE.iter().map(|mode| shares[*mode]).sum::<f64>())
    }
}

impl Source for Cpu {
    fn metrics(&self) -> &'static [Description] {
        METRICS
    }

    fn sample(&mut self, _: Option<Duration>, board: &Board) {
        if let Ok(stats) = KernelStats::current() {
            let times = CpuTimes::of(&stats);
            let shares = self.before.and_then(|before| times.shares(&before));
            self.shares = shares.or(self.shares);
            for (place, mode) in MODES.into_iter().enumerate() {
                let labels = [("cpu.mode", mode)];
                board.total("system.cpu.time", &labels, times.0[place]);
                if let Some(shares) = self.shares {
                    board.gauge("system.cpu.utilization", &labels, shares[place]);
                }
            }
            self.before = Some(times);
            let processors = stats.cpu_time.len() as f64;
            board.gauge("system.cpu.logical.count", &[], processors);
        }
        if let Some(up) = super::uptime() {
            board.gauge("system.uptime", &[], up);
        }
        if let Ok(load) = LoadAverage::current() {
            let loads = [
                ("node_load1", load.one),
                ("node_load5", load.five),
                ("node_load15", load.fifteen),
            ];
            for (name, load) in loads {
                board.gauge(name, &[], f64::from(load));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_of_the_time_that_went_by() {
        let before = CpuTimes([1.0; 7]);
        let now = CpuTimes([2.0, 1.0, 2.0, 6.0, 2.0, 1.0, 1.0]);
        let shares = now.shares(&before).unwrap();
        assert_eq!(shares, [0.125, 0.0, 0.125, 0.625, 0.125, 0.0, 0.0]);
        assert_eq!(now.busy(&before), Some(0.25));
        assert_eq!(now.busy(&now), None);
    }
}
