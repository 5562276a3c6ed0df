//! Which recorders the metrics go to.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use metrics::{Counter, Gauge, Histogram, Key, KeyName, Metadata, Recorder, SharedString, Unit};
use steeple_core::ObserverBuilder;
use steeple_metrics::{InstallError, Kind, Registry, prometheus_name};

/// What to do with the process's one global recorder.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum GlobalRecorder {
    /// Ours if there is none; otherwise the one that is there gets the request metrics too.
    #[default]
    Share,
    /// Ours, or not at all.
    Require,
    /// Neither taken nor fed.
    Leave,
}

/// Lets `observer` record into `registry`, and into the global recorder as `global` says.
pub(crate) fn connect(
    observer: ObserverBuilder,
    registry: &Registry,
    global: GlobalRecorder,
) -> Result<ObserverBuilder, InstallError> {
    let ours = Arc::new(registry.clone());
    let observer = observer.recorder(ours.clone());
    if let GlobalRecorder::Leave = global {
        return Ok(observer.local_recorder(ours));
    }
    Ok(match (global, registry.install()) {
        (_, Ok(())) => observer,
        (GlobalRecorder::Require, Err(taken)) => return Err(taken),
        (_, Err(_)) => {
            tracing::info!(
                "a metrics recorder was installed before steeple: it stays, and gets the request metrics too; \
                 the application's own metrics go to it alone"
            );
            observer.recorder(Arc::new(Foreign::default()))
        }
    })
}

/// The global recorder that somebody else installed. It gets the names that Prometheus knows our metrics by, since it may
/// know nothing of OpenTelemetry's.
#[derive(Default)]
struct Foreign {
    /// What was described so far, since a name depends on its unit.
    units: Mutex<HashMap<String, Unit>>,
}

impl Foreign {
    fn rename(&self, key: &Key, kind: Kind) -> Key {
        let unit = self
            .units
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(key.name())
            .copied();
        let name = prometheus_name(key.name(), kind, unit).into_owned();
        Key::from_parts(name, key.labels().cloned().collect::<Vec<_>>())
    }

    fn describe(
        &self,
        name: &KeyName,
        kind: Kind,
        unit: Option<Unit>,
        f: impl FnOnce(&dyn Recorder, KeyName),
    ) {
        if let Some(unit) = unit {
            self.units
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .insert(name.as_str().to_owned(), unit);
        }
        let name = KeyName::from(prometheus_name(name.as_str(), kind, unit).into_owned());
        metrics::with_recorder(|recorder| f(recorder, name));
    }
}

impl Recorder for Foreign {
    fn describe_counter(&self, name: KeyName, unit: Option<Unit>, text: SharedString) {
        self.describe(&name, Kind::Counter, unit, |recorder, name| {
            recorder.describe_counter(name, unit, text)
        });
    }

    fn describe_gauge(&self, name: KeyName, unit: Option<Unit>, text: SharedString) {
        self.describe(&name, Kind::Gauge, unit, |recorder, name| {
            recorder.describe_gauge(name, unit, text)
        });
    }

    fn describe_histogram(&self, name: KeyName, unit: Option<Unit>, text: SharedString) {
        self.describe(&name, Kind::Histogram, unit, |recorder, name| {
            recorder.describe_histogram(name, unit, text);
        });
    }

    fn register_counter(&self, key: &Key, metadata: &Metadata<'_>) -> Counter {
        let key = self.rename(key, Kind::Counter);
        metrics::with_recorder(|recorder| recorder.register_counter(&key, metadata))
    }

    fn register_gauge(&self, key: &Key, metadata: &Metadata<'_>) -> Gauge {
        let key = self.rename(key, Kind::Gauge);
        metrics::with_recorder(|recorder| recorder.register_gauge(&key, metadata))
    }

    fn register_histogram(&self, key: &Key, metadata: &Metadata<'_>) -> Histogram {
        let key = self.rename(key, Kind::Histogram);
        metrics::with_recorder(|recorder| recorder.register_histogram(&key, metadata))
    }
}
