use std::sync::Arc;

use metrics::Histogram;

use super::{HistogramCell, NativeCell, native::Look};
use crate::HistogramSnapshot;

/// The cell of a histogram's series.
#[derive(Debug, Clone)]
pub(crate) enum Distribution {
    Classic(Arc<HistogramCell>),
    /// With or without classic buckets.
    Native(Arc<NativeCell>),
}

/// The memory of looks at histograms, so that one after the other takes none of its own.
#[derive(Debug, Default)]
pub(crate) struct Reading {
    snapshot: Option<HistogramSnapshot>,
    native: Look,
}

impl Distribution {
    pub(crate) fn snapshot(&self) -> HistogramSnapshot {
        match self {
            Self::Classic(cell) => cell.snapshot(),
            Self::Native(cell) => cell.snapshot(),
        }
    }

    /// Takes a snapshot in the place, and with the memory, of the last one.
    pub(crate) fn snapshot_into<'a>(&self, reading: &'a mut Reading) -> &'a HistogramSnapshot {
        let Reading { snapshot, native } = reading;
        match self {
            Self::Classic(cell) => cell.snapshot_into(snapshot),
            Self::Native(cell) => cell.snapshot_into(snapshot, native),
        }
    }

    /// The same without native buckets.
    pub(crate) fn classic_into<'a>(&self, reading: &'a mut Reading) -> &'a HistogramSnapshot {
        let Reading { snapshot, native } = reading;
        match self {
            Self::Classic(cell) => cell.snapshot_into(snapshot),
            Self::Native(cell) => cell.classic_into(snapshot, native),
        }
    }

    /// The number of observations since the series was made.
    pub(crate) fn count(&self) -> u64 {
        match self {
            Self::Classic(cell) => cell.count(),
            Self::Native(cell) => cell.count(),
        }
    }

    /// Reads from all memory that a look reads.
    pub(crate) fn touch(&self) -> u64 {
        match self {
            Self::Classic(cell) => cell.count(),
            Self::Native(cell) => cell.touch(),
        }
    }

    pub(crate) fn owners(&self) -> usize {
        match self {
            Self::Classic(cell) => Arc::strong_count(cell),
            Self::Native(cell) => Arc::strong_count(cell),
        }
    }

    pub(crate) fn into_histogram(self) -> Histogram {
        match self {
            Self::Classic(cell) => Histogram::from_arc(cell),
            Self::Native(cell) => Histogram::from_arc(cell),
        }
    }
}
