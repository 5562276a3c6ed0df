//! The metrics of what is open for a while.

use metrics::{Gauge, Histogram, Key, Label};

use crate::{
    record::RequestRecord,
    request_metrics::{METADATA, RequestMetrics, names},
};

/// How many are open, and how long they were.
#[derive(Clone)]
pub(crate) struct LifetimeMetrics {
    pub(crate) open: Gauge,
    pub(crate) duration: Histogram,
}

impl RequestMetrics {
    /// Those of connections.
    pub(crate) fn connections(&self) -> LifetimeMetrics {
        let register = || self.lifetimes(names::CONNECTIONS, vec![], vec![]);
        self.connections.get_or_init(register).clone()
    }

    /// Those of what a request like `record` turns its connection into.
    pub(crate) fn upgrades(&self, record: &RequestRecord<'_>) -> LifetimeMetrics {
        let route = vec![Label::new(names::ROUTE, record.route().to_owned())];
        let own = record
            .labels()
            .map(|(name, value)| Label::new(name, value.to_owned()));
        let labels = route.iter().cloned().chain(own).collect();
        self.lifetimes(names::UPGRADED, route, labels)
    }

    fn lifetimes(
        &self,
        (open, duration): (&'static str, &'static str),
        open_labels: Vec<Label>,
        duration_labels: Vec<Label>,
    ) -> LifetimeMetrics {
        let open = Key::from_parts(open, open_labels);
        let duration = Key::from_parts(duration, duration_labels);
        LifetimeMetrics {
            open: self.recorder.register_gauge(&open, &METADATA),
            duration: self.recorder.register_histogram(&duration, &METADATA),
        }
    }
}
