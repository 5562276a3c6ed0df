use std::time::Duration;

use metrics::Histogram;
use steeple_metrics::Registry;
use tokio::runtime::Handle;

use super::{
    crew::Place,
    metrics::{DELAY, METRICS},
    probe::Probe,
    tokio::Tokio,
};
use crate::{
    board::{Board, Description},
    source::Source,
};

/// A runtime that is told of until it ends.
pub(crate) struct Runtime {
    tokio: Tokio,
    probe: Probe,
    /// Which worker it is of, if a server has several.
    place: Option<Place>,
}

impl Runtime {
    pub(crate) fn new(runtime: Handle, registry: &Registry) -> Self {
        Self::of(runtime, registry, None)
    }

    pub(super) fn of(runtime: Handle, registry: &Registry, place: Option<Place>) -> Self {
        Board::new(registry).describe(METRICS);
        let delays = registry.histogram(DELAY, &labels(place.as_ref()));
        Self {
            tokio: Tokio::new(&runtime),
            probe: Probe::new(runtime, delays.unwrap_or_else(|_| Histogram::noop())),
            place,
        }
    }
}

fn labels(place: Option<&Place>) -> Vec<(&str, &str)> {
    place
        .map(|place| ("worker", place.name()))
        .into_iter()
        .collect()
}

impl Source for Runtime {
    fn metrics(&self) -> &'static [Description] {
        // They were described before the histogram was made, as that has to be.
        &[]
    }

    fn sample(&mut self, _: Option<Duration>, board: &Board) {
        let labels = labels(self.place.as_ref());
        self.tokio.sample(board, &labels);
        self.probe.sample(board, &labels);
    }

    fn is_over(&self) -> bool {
        self.probe.is_refused()
    }
}
