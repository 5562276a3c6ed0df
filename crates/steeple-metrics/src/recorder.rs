//! The registry behind the `metrics` facade. The facade takes no errors, so they are counted.

use metrics::{Counter, Gauge, Histogram, Key, KeyName, Metadata, Recorder, SharedString, Unit};

use crate::{Kind, Registry, cell::Cell};

impl Registry {
    fn accepted(&self, kind: Kind, key: &Key) -> Option<Cell> {
        self.register_key(kind, key)
            .inspect_err(|error| self.reject(error))
            .ok()
    }
}

impl Recorder for Registry {
    fn describe_counter(&self, key: KeyName, unit: Option<Unit>, description: SharedString) {
        self.describe_key(Kind::Counter, key.as_str(), unit, &description);
    }

    fn describe_gauge(&self, key: KeyName, unit: Option<Unit>, description: SharedString) {
        self.describe_key(Kind::Gauge, key.as_str(), unit, &description);
    }

    fn describe_histogram(&self, key: KeyName, unit: Option<Unit>, description: SharedString) {
        self.describe_key(Kind::Histogram, key.as_str(), unit, &description);
    }

    fn register_counter(&self, key: &Key, _metadata: &Metadata<'_>) -> Counter {
        self.accepted(Kind::Counter, key)
            .map_or_else(Counter::noop, Cell::into_counter)
    }

    fn register_gauge(&self, key: &Key, _metadata: &Metadata<'_>) -> Gauge {
        self.accepted(Kind::Gauge, key)
            .map_or_else(Gauge::noop, Cell::into_gauge)
    }

    fn register_histogram(&self, key: &Key, _metadata: &Metadata<'_>) -> Histogram {
        self.accepted(Kind::Histogram, key)
            .map_or_else(Histogram::noop, Cell::into_histogram)
    }
}
