//! Where figures are written.

use metrics::Unit;
use steeple_metrics::{Kind, Registry};

/// A metric: its name, kind and unit, and what it is.
pub(crate) type Description = (&'static str, Kind, Option<Unit>, &'static str);

/// The metrics of a registry, found by their names each time: figures are few and seldom.
#[derive(Clone, Debug)]
pub(crate) struct Board(Registry);

impl Board {
    pub(crate) fn new(registry: &Registry) -> Self {
        Self(registry.clone())
    }

    /// What cannot be described, or registered below, is of a name that the application took; the registry tells of it.
    pub(crate) fn describe(&self, metrics: &[Description]) {
        for (name, kind, unit, help) in metrics {
            let _ = self.0.describe(*kind, name, *unit, help);
        }
    }

    /// Sets a gauge.
    pub(crate) fn gauge(&self, name: &str, labels: &[(&str, &str)], value: f64) {
        if let Ok(gauge) = self.0.gauge(name, labels) {
            gauge.set(value);
        }
    }

    /// Sets a counter to a total; a lower one than before is a reset.
    pub(crate) fn total(&self, name: &str, labels: &[(&str, &str)], total: f64) {
        if let Ok(counter) = self.0.total(name, labels) {
            counter.set(total);
        }
    }
}
