use std::{collections::BTreeMap, sync::Arc, time::Duration};

use metrics::Unit;

use crate::{
    FamilySnapshot, Kind, Labels, SeriesSnapshot,
    bounds::Bounds,
    cell::{Cell, CounterCell, GaugeCell, HistogramCell},
    series::Series,
};

/// One metric and its series.
#[derive(Debug)]
pub(crate) struct Family {
    pub(crate) name: Arc<str>,
    pub(crate) recorded_name: Arc<str>,
    pub(crate) unit: Option<Unit>,
    pub(crate) help: Arc<str>,
    pub(crate) shape: Shape,
    pub(crate) series: BTreeMap<Labels, Arc<Series>>,
    /// Counts the registrations that went to the overflow series, once there was one.
    pub(crate) overflowed: Option<Arc<CounterCell>>,
}

/// What a metric's cells are made of.
#[derive(Debug)]
pub(crate) enum Shape {
    Counter,
    Gauge {
        refused: Arc<CounterCell>,
    },
    Histogram {
        bounds: Arc<Bounds>,
        refused: Arc<CounterCell>,
    },
}

impl Family {
    pub(crate) fn new(name: &str, shape: Shape, help: Arc<str>) -> Self {
        Self {
            name: name.into(),
            recorded_name: name.into(),
            unit: None,
            help,
            shape,
            series: BTreeMap::new(),
            overflowed: None,
        }
    }

    pub(crate) fn kind(&self) -> Kind {
        match self.shape {
            Shape::Counter => Kind::Counter,
            Shape::Gauge { .. } => Kind::Gauge,
            Shape::Histogram { .. } => Kind::Histogram,
        }
    }

    /// A cell for a series that is not there yet.
    pub(crate) fn new_cell(&self) -> Cell {
        match &self.shape {
            Shape::Counter => Cell::Counter(Arc::new(CounterCell::new())),
            Shape::Gauge { refused } => Cell::Gauge(Arc::new(GaugeCell::new(Arc::clone(refused)))),
            Shape::Histogram { bounds, refused } => Cell::Histogram(Arc::new(HistogramCell::new(
                Arc::clone(bounds),
                Arc::clone(refused),
            ))),
        }
    }

    pub(crate) fn insert(&mut self, labels: &str, cell: Cell) -> Arc<Series> {
        let series = Arc::new(Series::new(cell));
        self.series
            .insert(Labels::from_escaped(labels), Arc::clone(&series));
        series
    }

    /// The series that are not idle at `now`.
    pub(crate) fn snapshot(&self, now: u64, idle_timeout: Option<Duration>) -> FamilySnapshot {
        let visible = self.series.iter().filter(|(_, series)| {
            !idle_timeout.is_some_and(|timeout| series.is_idle(now, timeout))
        });
        FamilySnapshot {
            name: Arc::clone(&self.name),
            recorded_name: Arc::clone(&self.recorded_name),
            kind: self.kind(),
            unit: self.unit,
            help: Arc::clone(&self.help),
            series: visible
                .map(|(labels, series)| SeriesSnapshot {
                    labels: labels.clone(),
                    value: series.cell.value(),
                })
                .collect(),
        }
    }

    /// Drops the idle series into which nobody can record any more; returns how many.
    pub(crate) fn drop_idle(&mut self, now: u64, timeout: Duration) -> usize {
        let before = self.series.len();
        self.series
            .retain(|_, series| series.cell.has_handles() || !series.is_idle(now, timeout));
        before - self.series.len()
    }

    /// Whether [`drop_idle`](Self::drop_idle) would drop anything.
    pub(crate) fn has_droppable(&self, now: u64, timeout: Duration) -> bool {
        self.series
            .values()
            .any(|series| !series.cell.has_handles() && series.is_idle(now, timeout))
    }
}
