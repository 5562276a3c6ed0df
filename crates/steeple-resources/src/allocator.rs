//! What the allocator holds.

use std::time::Duration;

use metrics::Unit::Bytes;
use steeple_metrics::Kind::Gauge;

use crate::{
    board::{Board, Description},
    source::Source,
};

pub(crate) const ALLOCATED: Description = (
    "steeple.allocator.allocated",
    Gauge,
    Some(Bytes),
    "Memory that the application has from its allocator.",
);
pub(crate) const RESIDENT: Description = (
    "steeple.allocator.resident",
    Gauge,
    Some(Bytes),
    "Physical memory that the allocator has from the system.",
);

/// What an allocator tells of itself, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AllocatorFigures {
    /// What the application has of it.
    pub allocated: u64,
    /// What it has of the system, as far as that is in physical memory.
    pub resident: u64,
}

/// An allocator, by what the application knows of it.
pub(crate) struct Allocator(pub(crate) Box<dyn FnMut() -> Option<AllocatorFigures> + Send>);

impl Source for Allocator {
    fn metrics(&self) -> &'static [Description] {
        &[ALLOCATED, RESIDENT]
    }

    fn sample(&mut self, _: Option<Duration>, board: &Board) {
        if let Some(figures) = (self.0)() {
            board.gauge("steeple.allocator.allocated", &[], figures.allocated as f64);
            board.gauge("steeple.allocator.resident", &[], figures.resident as f64);
        }
    }
}
