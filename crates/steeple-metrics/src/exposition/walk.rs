use std::{sync::Arc, vec};

use super::metric::Metric;
use crate::{Registry, pages::Pages, series::Series};

/// The way through a registry: metrics sorted by name, the series of each sorted by labels.
///
/// The registry is locked to look a metric up and to turn a page, never in between.
#[derive(Debug)]
pub(super) struct Walk {
    registry: Registry,
    metrics: vec::IntoIter<usize>,
    series: Pages,
}

/// What comes next on the way.
pub(super) enum Step {
    /// A metric, which may turn out to have no series to show.
    Metric(Metric),
    /// A series of the last metric.
    Series(Arc<Series>),
    /// Nothing any more.
    End,
}

impl Walk {
    pub(super) fn new(registry: Registry) -> Self {
        let metrics = registry.begin_look().into_iter();
        Self {
            registry,
            metrics,
            series: Pages::default(),
        }
    }

    pub(super) fn next(&mut self) -> Step {
        while let Some(series) = self.series.next(&self.registry) {
            if self.registry.is_visible(&series) {
                return Step::Series(series);
            }
        }
        let Some(metric) = self.metrics.next() else {
            return Step::End;
        };
        self.series.open(metric);
        Step::Metric(self.registry.read().catalog.metric(metric))
    }
}
