use std::{sync::Arc, time::Duration};

use metrics::Unit;

use crate::{
    Matcher, NativeConfig,
    bounds::Bounds,
    buckets::Buckets,
    exemplar::ExemplarSource,
    summary::{DEFAULT_WINDOW, Quantiles},
};

/// What histograms are made of, by their names.
#[derive(Debug)]
pub(crate) struct Histograms {
    pub(crate) buckets: Buckets,
    pub(crate) native: Vec<(Matcher, Arc<NativeConfig>)>,
    pub(crate) exemplar_source: Option<ExemplarSource>,
    pub(crate) summary_window: Duration,
}

/// What the cells of one histogram are made of.
#[derive(Debug, Clone)]
pub(crate) struct HistogramShape {
    pub(crate) bounds: Arc<Bounds>,
    pub(crate) native: Option<Arc<NativeConfig>>,
    pub(crate) exemplars: Option<ExemplarShape>,
}

/// What the exemplars of one histogram are made of.
#[derive(Debug, Clone)]
pub(crate) struct ExemplarShape {
    pub(crate) source: ExemplarSource,
    /// Of the buckets each of which keeps one; those of the histogram itself, if it has classic ones.
    pub(crate) bounds: Arc<Bounds>,
}

/// What the cells of one histogram are made of that is exposed as a summary.
#[derive(Debug, Clone)]
pub(crate) struct SummaryShape {
    pub(crate) quantiles: Arc<Quantiles>,
    /// The time over which quantiles are.
    pub(crate) window: Duration,
}

impl Histograms {
    /// The shape of the metric recorded as `recorded` and exposed as `exposed`, if it is to be a summary.
    pub(crate) fn summary(&self, recorded: &str, exposed: &str) -> Option<SummaryShape> {
        if self.native(recorded, exposed).is_some() {
            return None;
        }
        let quantiles = self.buckets.quantiles(recorded, exposed)?;
        Some(SummaryShape {
            quantiles: Arc::clone(quantiles),
            window: self.summary_window,
        })
    }

    /// The shape of the metric recorded as `recorded` and exposed as `exposed`.
    pub(crate) fn shape(
        &self,
        recorded: &str,
        exposed: &str,
        unit: Option<Unit>,
    ) -> HistogramShape {
        let native = self.native(recorded, exposed).map(Arc::clone);
        let is_classic = native.as_ref().is_none_or(|native| native.classic_buckets);
        let bounds = self.buckets.bounds(recorded, exposed, unit);
        HistogramShape {
            exemplars: self.exemplar_source.clone().map(|source| ExemplarShape {
                source,
                bounds: Arc::clone(&bounds),
            }),
            bounds: if is_classic {
                bounds
            } else {
                Arc::new(Bounds::none())
            },
            native,
        }
    }

    fn native(&self, recorded: &str, exposed: &str) -> Option<&Arc<NativeConfig>> {
        let mut rules = self.native.iter();
        let rule = rules.find(|(matcher, _)| matcher.matches_either(recorded, exposed));
        rule.map(|(_, config)| config)
    }
}

impl Default for Histograms {
    fn default() -> Self {
        Self {
            buckets: Buckets::default(),
            native: Vec::new(),
            exemplar_source: None,
            summary_window: DEFAULT_WINDOW,
        }
    }
}
