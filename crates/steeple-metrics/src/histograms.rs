use std::sync::Arc;

use metrics::Unit;

use crate::{Matcher, NativeConfig, bounds::Bounds, buckets::Buckets, exemplar::ExemplarSource};

/// What histograms are made of, by their names.
#[derive(Debug, Default)]
pub(crate) struct Histograms {
    pub(crate) buckets: Buckets,
    pub(crate) native: Vec<(Matcher, Arc<NativeConfig>)>,
    pub(crate) exemplar_source: Option<ExemplarSource>,
}

/// What the cells of one histogram are made of.
#[derive(Debug, Clone)]
pub(crate) struct HistogramShape {
    pub(crate) bounds: Arc<Bounds>,
    pub(crate) native: Option<Arc<NativeConfig>>,
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
        let mut native = self.native.iter();
        let native = native
            .find(|(matcher, _)| matcher.matches_either(recorded, exposed))
            .map(|(_, config)| Arc::clone(config));
        let is_classic = native.as_ref().is_none_or(|native| native.classic_buckets);
        HistogramShape {
            bounds: if is_classic {
                self.buckets.bounds(recorded, exposed, unit)
            } else {
                Arc::new(Bounds::none())
            },
            native,
            exemplar_source: self.exemplar_source.clone(),
        }
    }
}
