//! What a handle records into: relaxed atomics, no lock, no allocation, no clock but for summaries.

mod counter;
mod distribution;
mod exemplar_slot;
mod exemplars;
mod gauge;
mod histogram;
mod native;
mod ownership;
mod stripes;
mod summary;
mod total;

use std::sync::Arc;

use metrics::{Counter, Gauge, Histogram};

pub(crate) use self::{
    counter::CounterCell,
    distribution::{Distribution, Reading},
    gauge::GaugeCell,
    histogram::HistogramCell,
    native::NativeCell,
    summary::SummaryCell,
    total::TotalCell,
};
use crate::{
    Kind, Value,
    sync::atomic::{Ordering::Acquire, fence},
};

/// The cell of one series.
#[derive(Debug, Clone)]
pub(crate) enum Cell {
    Counter(Arc<CounterCell>),
    Total(Arc<TotalCell>),
    Gauge(Arc<GaugeCell>),
    Histogram(Distribution),
    Summary(Arc<SummaryCell>),
}

impl Cell {
    pub(crate) fn kind(&self) -> Kind {
        match self {
            Self::Counter(_) | Self::Total(_) => Kind::Counter,
            Self::Gauge(_) => Kind::Gauge,
            Self::Histogram(_) | Self::Summary(_) => Kind::Histogram,
        }
    }

    pub(crate) fn value(&self) -> Value {
        match self {
            Self::Counter(cell) => Value::Counter(cell.total()),
            Self::Total(cell) => Value::Total(cell.total()),
            Self::Gauge(cell) => Value::Gauge(cell.value()),
            Self::Histogram(cell) => Value::Histogram(cell.snapshot()),
            Self::Summary(cell) => Value::Summary(cell.snapshot()),
        }
    }

    /// A number that changes whenever something was recorded, but for a gauge set to the value it had.
    pub(crate) fn fingerprint(&self) -> u64 {
        match self {
            Self::Counter(cell) => cell.total(),
            Self::Total(cell) => cell.total().to_bits(),
            Self::Gauge(cell) => cell.value().to_bits(),
            Self::Histogram(cell) => cell.count(),
            Self::Summary(cell) => cell.count(),
        }
    }

    /// Reads from all memory that a look at the cell reads.
    pub(crate) fn touch(&self) -> u64 {
        match self {
            Self::Histogram(cell) => cell.touch(),
            Self::Summary(cell) => cell.touch(),
            _ => self.fingerprint(),
        }
    }

    /// Whether hiding the series when it is idle would hide a state that still holds.
    pub(crate) fn holds_state(&self) -> bool {
        matches!(self, Self::Gauge(cell) if cell.value() != 0.0)
    }

    /// Whether somebody besides the registry can record into the cell.
    pub(crate) fn has_handles(&self) -> bool {
        are_several(|| match self {
            Self::Counter(cell) => Arc::strong_count(cell),
            Self::Total(cell) => Arc::strong_count(cell),
            Self::Gauge(cell) => Arc::strong_count(cell),
            Self::Histogram(cell) => cell.owners(),
            Self::Summary(cell) => Arc::strong_count(cell),
        })
    }

    pub(crate) fn as_counter(&self) -> Option<&Arc<CounterCell>> {
        if let Self::Counter(cell) = self {
            Some(cell)
        } else {
            None
        }
    }

    pub(crate) fn into_counter(self) -> Counter {
        match self {
            Self::Counter(cell) => Counter::from_arc(cell),
            Self::Total(cell) => Counter::from_arc(cell),
            _ => Counter::noop(),
        }
    }

    pub(crate) fn into_gauge(self) -> Gauge {
        if let Self::Gauge(cell) = self {
            Gauge::from_arc(cell)
        } else {
            Gauge::noop()
        }
    }

    pub(crate) fn into_histogram(self) -> Histogram {
        match self {
            Self::Histogram(cell) => cell.into_histogram(),
            Self::Summary(cell) => Histogram::from_arc(cell),
            Self::Counter(_) | Self::Total(_) | Self::Gauge(_) => Histogram::noop(),
        }
    }
}

/// Whether there is an owner besides the registry; what others did before they ceased to be owners is seen from here on.
pub(crate) fn are_several(owners: impl FnOnce() -> usize) -> bool {
    let owners = owners();
    fence(Acquire);
    owners > 1
}
