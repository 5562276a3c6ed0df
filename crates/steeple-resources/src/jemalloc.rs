//! What jemalloc holds, by its own word.

use std::time::Duration;

use metrics::Unit::Bytes;
use steeple_metrics::Kind::Gauge;
use tikv_jemalloc_ctl::{epoch, stats};

use crate::{
    allocator::{ALLOCATED, RESIDENT},
    board::{Board, Description},
    source::Source,
};

const METRICS: &[Description] = &[
    ALLOCATED,
    RESIDENT,
    (
        "steeple.allocator.active",
        Gauge,
        Some(Bytes),
        "Memory in pages that the application has some of.",
    ),
    (
        "steeple.allocator.mapped",
        Gauge,
        Some(Bytes),
        "Memory that the allocator has mapped and may hand out.",
    ),
    (
        "steeple.allocator.retained",
        Gauge,
        Some(Bytes),
        "Addresses that the allocator keeps although it gave their memory back.",
    ),
];

/// The allocator of an application that has jemalloc as its global one.
pub(crate) struct Jemalloc;

impl Source for Jemalloc {
    fn metrics(&self) -> &'static [Description] {
        METRICS
    }

    fn sample(&mut self, _: Option<Duration>, board: &Board) {
        // It tells what was when the epoch began.
        if epoch::advance().is_err() {
            return;
        }
        for (name, bytes) in [
            ("steeple.allocator.allocated", stats::allocated::read()),
            ("steeple.allocator.resident", stats::resident::read()),
            ("steeple.allocator.active", stats::active::read()),
            ("steeple.allocator.mapped", stats::mapped::read()),
            ("steeple.allocator.retained", stats::retained::read()),
        ] {
            if let Ok(bytes) = bytes {
                board.gauge(name, &[], bytes as f64);
            }
        }
    }
}
