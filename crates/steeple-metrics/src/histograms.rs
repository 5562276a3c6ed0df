use std::sync::Arc;

use metrics::Unit;

use crate::{bounds::Bounds, buckets::Buckets, exemplar::ExemplarSource};

/// What histograms are made of, by their names.
#[derive(Debug, Default)]
pub(crate) struct Histograms {
    pub(crate) buckets: Buckets,
    pub(crate) exemplar_source: Option<ExemplarSource>,
}

/// What the cells of one histogram are made of.
#[derive(Debug, Clone)]
pub(crate) struct HistogramShape {
    pub(crate) bounds: Arc<Bounds>,
    pub(crate) exemplar_source: Option<ExemplarSource>,
}

impl Histograms {
    /// The shape of the metric recorded as `recorded` and exposed as `exposed`.
    pub(crate) fn shape(
        &self,
        recorded: &str,
        exposed: &str,
        unit: Option<Unit>,
    ) -> HistogramShape {
        HistogramShape {
            bounds: self.buckets.bounds(recorded, exposed, unit),
            exemplar_source: self.exemplar_source.clone(),
        }
    }
}
