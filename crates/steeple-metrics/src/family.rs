use std::{
    collections::BTreeMap,
    ops::Bound::{Excluded, Unbounded},
    sync::Arc,
    time::Duration,
};

use metrics::Unit;

use crate::{
    FamilySnapshot, Kind, Labels,
    cell::{
        Cell, CounterCell, Distribution, GaugeCell, HistogramCell, NativeCell, SummaryCell,
        TotalCell,
    },
    histograms::{HistogramShape, SummaryShape},
    series::{Origin, Series},
};

/// One metric and its series.
#[derive(Debug)]
pub(crate) struct Family {
    pub(crate) name: Arc<str>,
    pub(crate) recorded_name: Arc<str>,
    /// The name in which Prometheus allows every character, where that is another one and is wanted.
    pub(crate) utf8_name: Option<Arc<str>>,
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
    Total,
    Gauge {
        refused: Arc<CounterCell>,
    },
    Histogram {
        shape: HistogramShape,
        refused: Arc<CounterCell>,
    },
    Summary {
        shape: SummaryShape,
        refused: Arc<CounterCell>,
    },
}

impl Family {
    pub(crate) fn new(name: &str, shape: Shape, help: Arc<str>) -> Self {
        Self {
            name: name.into(),
            recorded_name: name.into(),
            utf8_name: None,
            unit: None,
            help,
            shape,
            series: BTreeMap::new(),
            overflowed: None,
        }
    }

    pub(crate) fn kind(&self) -> Kind {
        match self.shape {
            Shape::Counter | Shape::Total => Kind::Counter,
            Shape::Gauge { .. } => Kind::Gauge,
            Shape::Histogram { .. } | Shape::Summary { .. } => Kind::Histogram,
        }
    }

    /// A cell for a series that is not there yet.
    pub(crate) fn new_cell(&self) -> Cell {
        match &self.shape {
            Shape::Counter => Cell::Counter(Arc::new(CounterCell::new())),
            Shape::Total => Cell::Total(Arc::new(TotalCell::new())),
            Shape::Gauge { refused } => Cell::Gauge(Arc::new(GaugeCell::new(Arc::clone(refused)))),
            Shape::Histogram { shape, refused } => {
                let (shape, refused) = (shape.clone(), Arc::clone(refused));
                Cell::Histogram(match &shape.native {
                    Some(config) => {
                        let config = Arc::clone(config);
                        Distribution::Native(Arc::new(NativeCell::new(shape, config, refused)))
                    }
                    None => Distribution::Classic(Arc::new(HistogramCell::new(shape, refused))),
                })
            }
            Shape::Summary { shape, refused } => {
                let cell = SummaryCell::new(shape.clone(), Arc::clone(refused));
                Cell::Summary(Arc::new(cell))
            }
        }
    }

    /// Whether it is exposed by its quantiles.
    pub(crate) fn is_summary(&self) -> bool {
        matches!(self.shape, Shape::Summary { .. })
    }

    pub(crate) fn insert(&mut self, labels: &str, cell: Cell, origin: Origin) -> Arc<Series> {
        let labels = Labels::from_escaped(labels);
        let series = Arc::new(Series::new(labels.clone(), cell, origin));
        self.series.insert(labels, Arc::clone(&series));
        series
    }

    /// How many series there are beside that with these labels.
    pub(crate) fn series_beside(&self, labels: &str) -> usize {
        self.series.len() - usize::from(self.series.contains_key(labels))
    }

    /// The metric without its series.
    pub(crate) fn without_series(&self) -> FamilySnapshot {
        FamilySnapshot {
            name: Arc::clone(&self.name),
            recorded_name: Arc::clone(&self.recorded_name),
            kind: self.kind(),
            unit: self.unit,
            help: Arc::clone(&self.help),
            series: Vec::new(),
        }
    }

    /// The series that come after those labels, or all.
    pub(crate) fn series_after(
        &self,
        labels: Option<&Labels>,
    ) -> impl Iterator<Item = &Arc<Series>> + Clone {
        let start = labels.map_or(Unbounded, Excluded);
        let following = self.series.range::<Labels, _>((start, Unbounded));
        following.map(|(_, series)| series)
    }

    /// Drops the series with these labels, unless somebody can record into it.
    pub(crate) fn remove(&mut self, labels: &str) -> Option<Arc<Series>> {
        let series = self.series.get(labels)?;
        if series.cell.has_handles() {
            return None;
        }
        series.drop_from_metric();
        self.series.remove(labels)
    }

    /// Drops those of the series that are droppable now; returns how many.
    pub(crate) fn drop_idle(
        &mut self,
        candidates: &[Arc<Series>],
        now: u64,
        timeout: Duration,
    ) -> usize {
        let before = self.series.len();
        for series in candidates {
            if !series.is_dropped() && series.is_droppable(now, timeout) {
                series.drop_from_metric();
                self.series.remove(&series.labels);
            }
        }
        before - self.series.len()
    }
}
