//! Where figures are written.

use std::{cell::RefCell, collections::BTreeSet};

use metrics::Unit;
use steeple_metrics::{Kind, Registry};

/// A metric: its name, kind and unit, and what it is.
pub(crate) type Description = (&'static str, Kind, Option<Unit>, &'static str);

/// The name and the labels of a gauge.
pub(crate) type Gauge = (String, Vec<(String, String)>);

/// The metrics of a registry, found by their names each time: figures are few and seldom.
#[derive(Debug)]
pub(crate) struct Board {
    registry: Registry,
    /// Those that were set since somebody took note of them.
    gauges: RefCell<BTreeSet<Gauge>>,
}

impl Board {
    pub(crate) fn new(registry: &Registry) -> Self {
        Self {
            registry: registry.clone(),
            gauges: RefCell::default(),
        }
    }

    /// What cannot be described, or registered below, is of a name that the application took; the registry tells of it.
    pub(crate) fn describe(&self, metrics: &[Description]) {
        for (name, kind, unit, help) in metrics {
            let _ = self.registry.describe(*kind, name, *unit, help);
        }
    }

    /// Sets a gauge.
    pub(crate) fn gauge(&self, name: &str, labels: &[(&str, &str)], value: f64) {
        if let Ok(gauge) = self.registry.gauge(name, labels) {
            gauge.set(value);
            let labels = labels.iter().copied();
            let labels = labels.map(|(name, value)| (name.to_owned(), value.to_owned()));
            let gauge = (name.to_owned(), labels.collect());
            self.gauges.borrow_mut().insert(gauge);
        }
    }

    /// The gauges that were set since this was called before.
    pub(crate) fn take_gauges(&self) -> BTreeSet<Gauge> {
        self.gauges.take()
    }

    /// Drops the gauge of something that is gone.
    pub(crate) fn remove(&self, (name, labels): &Gauge) {
        let labels = labels.iter().map(|(name, value)| (&**name, &**value));
        let labels: Vec<_> = labels.collect();
        self.registry.remove(Kind::Gauge, name, &labels);
    }

    /// Sets a counter to a total; a lower one than before is a reset.
    pub(crate) fn total(&self, name: &str, labels: &[(&str, &str)], total: f64) {
        if let Ok(counter) = self.registry.total(name, labels) {
            counter.set(total);
        }
    }
}
