use std::time::Duration;

use metrics::Unit::Bytes;
use procfs::{Current, Meminfo};
use steeple_metrics::Kind::Gauge;

use crate::{
    board::{Board, Description},
    source::Source,
};

const METRICS: &[Description] = &[
    (
        "system.memory.usage",
        Gauge,
        Some(Bytes),
        "Memory of the machine, by state.",
    ),
    (
        "system.memory.limit",
        Gauge,
        Some(Bytes),
        "Memory of the machine.",
    ),
    (
        "system.memory.utilization",
        Gauge,
        None,
        "Share of the machine's memory, by state.",
    ),
    (
        "system.memory.linux.available",
        Gauge,
        Some(Bytes),
        "Memory that new processes can have without swapping.",
    ),
    (
        "system.paging.usage",
        Gauge,
        Some(Bytes),
        "Swap space, by state.",
    ),
];

/// The machine's memory.
#[derive(Debug, Default)]
pub(crate) struct Memory;

impl Source for Memory {
    fn metrics(&self) -> &'static [Description] {
        METRICS
    }

    fn sample(&mut self, _: Option<Duration>, board: &Board) {
        let Ok(memory) = Meminfo::current() else {
            return;
        };
        let total = memory.mem_total as f64;
        let cached = memory.cached + memory.s_reclaimable.unwrap_or_default();
        let given = memory.mem_free + memory.buffers + cached;
        let states = [
            ("used", memory.mem_total.saturating_sub(given)),
            ("free", memory.mem_free),
            ("buffers", memory.buffers),
            ("cached", cached),
        ];
        for (state, bytes) in states {
            let labels = [("system.memory.state", state)];
            board.gauge("system.memory.usage", &labels, bytes as f64);
            if total > 0.0 {
                board.gauge("system.memory.utilization", &labels, bytes as f64 / total);
            }
        }
        board.gauge("system.memory.limit", &[], total);
        if let Some(available) = memory.mem_available {
            board.gauge("system.memory.linux.available", &[], available as f64);
        }
        let swap = [
            ("used", memory.swap_total.saturating_sub(memory.swap_free)),
            ("free", memory.swap_free),
        ];
        for (state, bytes) in swap {
            let labels = [("system.paging.state", state)];
            board.gauge("system.paging.usage", &labels, bytes as f64);
        }
    }
}

/// The share of the machine's memory that new processes cannot have.
pub(crate) fn used_memory() -> Option<f64> {
    let memory = Meminfo::current().ok()?;
    let total = memory.mem_total as f64;
    let share = 1.0 - memory.mem_available? as f64 / total;
    share.is_finite().then_some(share)
}
