//! The global recorder that somebody else installed.

use std::{
    collections::HashMap,
    sync::{Arc, LazyLock, Mutex},
    time::Duration,
};

use metrics::{Counter, Gauge, Histogram, Key, KeyName, Metadata, Recorder, SharedString, Unit};
use steeple_metrics::{Kind, prometheus_name};

use crate::renewed::{Renewed, RenewedGauge, lock};

/// How long a handle may be left alone before it is fetched anew: well below the time after which a recorder drops what is
/// idle, and more than what is busy leaves between two records.
const RENEWAL: Duration = Duration::from_millis(100);

/// The one of the process, since it has one global recorder: all instances have the same gauges in it.
static GLOBAL: LazyLock<Arc<Foreign>> =
    LazyLock::new(|| Arc::new(Foreign::renewing_after(RENEWAL)));

/// Hands metrics on to the global recorder, by the names that Prometheus knows them by, since that recorder may know
/// nothing of OpenTelemetry's.
pub(crate) struct Foreign {
    /// What was described so far, since a name depends on its unit.
    units: Mutex<HashMap<String, Unit>>,
    gauges: Mutex<HashMap<Key, Gauge>>,
    /// How long a handle may be left alone.
    renewal: Duration,
}

impl Foreign {
    pub(crate) fn global() -> Arc<Self> {
        Arc::clone(&GLOBAL)
    }

    fn renewing_after(renewal: Duration) -> Self {
        Self {
            units: Mutex::default(),
            gauges: Mutex::default(),
            renewal,
        }
    }

    fn rename(&self, key: &Key, kind: Kind) -> Key {
        let unit = lock(&self.units).get(key.name()).copied();
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
            lock(&self.units).insert(name.as_str().to_owned(), unit);
        }
        let name = KeyName::from(prometheus_name(name.as_str(), kind, unit).into_owned());
        metrics::with_recorder(|recorder| f(recorder, name));
    }
}

impl Recorder for Foreign {
    fn describe_counter(&self, name: KeyName, unit: Option<Unit>, text: SharedString) {
        self.describe(&name, Kind::Counter, unit, |recorder, name| {
            recorder.describe_counter(name, unit, text);
        });
    }

    fn describe_gauge(&self, name: KeyName, unit: Option<Unit>, text: SharedString) {
        self.describe(&name, Kind::Gauge, unit, |recorder, name| {
            recorder.describe_gauge(name, unit, text);
        });
    }

    fn describe_histogram(&self, name: KeyName, unit: Option<Unit>, text: SharedString) {
        self.describe(&name, Kind::Histogram, unit, |recorder, name| {
            recorder.describe_histogram(name, unit, text);
        });
    }

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        let key = self.rename(key, Kind::Counter);
        Counter::from_arc(Arc::new(Renewed::<Counter>::new(key, self.renewal)))
    }

    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        let key = self.rename(key, Kind::Gauge);
        if let Some(gauge) = lock(&self.gauges).get(&key) {
            return gauge.clone();
        }
        let gauge = Gauge::from_arc(Arc::new(RenewedGauge::new(key.clone(), self.renewal)));
        lock(&self.gauges).entry(key).or_insert(gauge).clone()
    }

    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        let key = self.rename(key, Kind::Histogram);
        Histogram::from_arc(Arc::new(Renewed::<Histogram>::new(key, self.renewal)))
    }
}

#[cfg(test)]
mod tests {
    use std::{thread, time::Instant};

    use metrics::Level;
    use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusRecorder};
    use metrics_util::MetricKindMask;

    use super::*;

    static METADATA: Metadata<'static> = Metadata::new("tests", Level::INFO, None);

    /// An exporter that has dropped every series which is older than this moment.
    fn exporter_that_forgot(record: impl FnOnce(), forgotten: &str) -> PrometheusRecorder {
        let exporter = PrometheusBuilder::new()
            .idle_timeout(MetricKindMask::ALL, Some(Duration::from_nanos(1)))
            .build_recorder();
        let handle = exporter.handle();
        metrics::with_local_recorder(&exporter, record);
        // It learns of a series at one look and drops it at a later one.
        assert!(handle.render().contains(forgotten));
        let deadline = Instant::now() + Duration::from_secs(10);
        while handle.render().contains(forgotten) {
            assert!(Instant::now() < deadline, "it is still there");
        }
        exporter
    }

    #[test]
    fn what_the_other_recorder_dropped_is_there_again_at_its_next_change() {
        let foreign = Foreign::renewing_after(Duration::ZERO);
        let key = Key::from_name("http.server.requests");
        let mut counter = Counter::noop();
        let exporter = exporter_that_forgot(
            || {
                counter = foreign.register_counter(&key, &METADATA);
                counter.increment(5);
            },
            "http_server_requests_total 5",
        );
        metrics::with_local_recorder(&exporter, || counter.increment(2));
        let text = exporter.handle().render();
        assert!(text.contains("http_server_requests_total 2"), "{text}");
    }

    #[test]
    fn a_gauge_that_the_other_recorder_dropped_comes_back_with_its_value() {
        let foreign = Foreign::renewing_after(Duration::ZERO);
        let key = Key::from_name("http.server.active_requests");
        let mut gauge = Gauge::noop();
        let exporter = exporter_that_forgot(
            || {
                gauge = foreign.register_gauge(&key, &METADATA);
                gauge.increment(3.0);
            },
            "http_server_active_requests 3",
        );
        metrics::with_local_recorder(&exporter, || gauge.decrement(1.0));
        let text = exporter.handle().render();
        assert!(text.contains("http_server_active_requests 2"), "{text}");
    }

    #[test]
    fn a_histogram_that_the_other_recorder_dropped_is_there_again_at_its_next_change() {
        let foreign = Foreign::renewing_after(Duration::ZERO);
        let key = Key::from_name("http.server.request.duration");
        let mut histogram = Histogram::noop();
        let exporter = exporter_that_forgot(
            || {
                histogram = foreign.register_histogram(&key, &METADATA);
                histogram.record(0.5);
            },
            "http_server_request_duration_count 1",
        );
        metrics::with_local_recorder(&exporter, || histogram.record(0.25));
        let text = exporter.handle().render();
        assert!(
            text.contains("http_server_request_duration_count 1")
                && text.contains("http_server_request_duration_sum 0.25"),
            "{text}"
        );
    }

    #[test]
    fn a_gauge_is_the_same_for_all_who_ask_and_threads_lose_nothing() {
        let exporter = PrometheusBuilder::new().build_recorder();
        let foreign = Foreign::renewing_after(Duration::ZERO);
        let key = Key::from_name("http.server.active_requests");
        let come_and_go = || {
            metrics::with_local_recorder(&exporter, || {
                for _ in 0..1_000 {
                    let gauge = foreign.register_gauge(&key, &METADATA);
                    gauge.increment(2.0);
                    foreign.register_gauge(&key, &METADATA).decrement(1.0);
                }
            });
        };
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(come_and_go);
            }
        });
        let text = exporter.handle().render();
        assert!(text.contains("http_server_active_requests 4000"), "{text}");
    }

    #[test]
    fn a_handle_is_kept_while_it_is_in_use() {
        let exporter = PrometheusBuilder::new().build_recorder();
        let another = PrometheusBuilder::new().build_recorder();
        let foreign = Foreign::renewing_after(Duration::MAX);
        let key = Key::from_name("http.server.requests");
        let counter =
            metrics::with_local_recorder(&exporter, || foreign.register_counter(&key, &METADATA));
        metrics::with_local_recorder(&another, || counter.increment(1));
        assert!(
            exporter
                .handle()
                .render()
                .contains("http_server_requests_total 1")
        );
        assert_eq!(another.handle().render(), "");
    }
}
