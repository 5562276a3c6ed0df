//! What figures are read from.

use std::time::Duration;

use crate::board::{Board, Description};

/// A place that tells figures. What it does not tell here, or not now, is left out.
pub(crate) trait Source: Send {
    /// The metrics it may write.
    fn metrics(&self) -> &'static [Description];

    /// Reads the figures and writes them down; the time since they were read before, if they were.
    fn sample(&mut self, since: Option<Duration>, board: &Board);

    /// Whether what it tells of is gone for good, and its gauges with it.
    fn is_over(&self) -> bool {
        false
    }
}
