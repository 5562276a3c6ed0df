//! The metrics of requests, recorded through handles that are found once.

mod admission;
mod in_flight;
mod lifetime;
mod metric_names;
mod names;
mod outgoing;
mod preset;
mod rpc;
mod series;

use std::sync::{Arc, OnceLock};

use metrics::{Counter, Gauge, Key, Label, Level, Metadata, Recorder};

pub use self::metric_names::{MetricNames, UnknownMetricNames};
use self::{
    admission::Admission,
    in_flight::InFlight,
    outgoing::{OutgoingKey, OutgoingSeries},
    series::{Series, SeriesKey},
};
pub(crate) use self::{
    lifetime::LifetimeMetrics,
    names::RESERVED_LABELS,
    preset::{BUCKETS, Preset},
};
use crate::{
    head::Scheme,
    insert_map::InsertMap,
    method::{Method, Methods},
    observer::Shared,
    record::{JobRecord, RequestRecord},
    route::Route,
};

/// How many combinations of labels have their handles kept. The others look theirs up anew each time.
const MOST_SERIES: usize = 4_000;
/// How many names of error types are told apart.
const MOST_ERROR_TYPES: usize = 500;

/// Records the request metrics.
pub(crate) struct RequestMetrics {
    recorder: Arc<dyn Recorder + Send + Sync>,
    /// Whether the names of the semantic conventions are wanted.
    conventional: bool,
    presets: Box<[Arc<Preset>]>,
    in_flight: Box<[InFlight]>,
    /// By method and scheme.
    active: Box<[[OnceLock<Gauge>; 2]]>,
    series: InsertMap<SeriesKey, Series>,
    error_types: InsertMap<&'static str, ()>,
    admission: Admission,
    connections: OnceLock<LifetimeMetrics>,
    outgoing: InsertMap<OutgoingKey, OutgoingSeries>,
    sink_panics: Counter,
    lost_reports: Counter,
    applied_twice: Counter,
}

impl RequestMetrics {
    pub(crate) fn new(
        recorder: Arc<dyn Recorder + Send + Sync>,
        methods: &Methods,
        names: &[MetricNames],
    ) -> Self {
        names::describe(&*recorder);
        let presets: Box<[_]> = names.iter().filter_map(Preset::of).map(Arc::new).collect();
        presets
            .iter()
            .for_each(|preset| preset.describe(&*recorder));
        let count = |name| recorder.register_counter(&Key::from_name(name), &METADATA);
        Self {
            conventional: names.contains(&MetricNames::SemanticConventions),
            in_flight: presets.iter().filter_map(InFlight::of).collect(),
            presets,
            sink_panics: count(names::SINK_PANICS),
            lost_reports: count(names::LOST_REPORTS),
            applied_twice: count(names::APPLIED_TWICE),
            recorder,
            active: (0..methods.len()).map(|_| Default::default()).collect(),
            series: InsertMap::with_limit(MOST_SERIES),
            error_types: InsertMap::with_limit(MOST_ERROR_TYPES),
            admission: Admission::new(),
            connections: OnceLock::new(),
            outgoing: InsertMap::with_limit(MOST_SERIES),
        }
    }

    /// Counts a request as active.
    #[inline]
    pub(crate) fn started(&self, shared: &Shared, method: Method, scheme: Scheme, route: Route) {
        self.active(shared, method, scheme).increment(1.0);
        if !self.in_flight.is_empty() {
            self.change_in_flight(shared, method, route, |gauge| gauge.increment(1.0));
        }
    }

    /// Counts a request as no longer active.
    #[inline]
    pub(crate) fn ended(&self, record: &RequestRecord<'_>) {
        let shared = record.shared;
        let (method, route) = (record.keys.method, record.keys.first_route);
        self.active(shared, method, record.scheme).decrement(1.0);
        if !self.in_flight.is_empty() {
            self.change_in_flight(shared, method, route, |gauge| gauge.decrement(1.0));
        }
    }

    #[cold]
    fn change_in_flight(
        &self,
        shared: &Shared,
        method: Method,
        route: Route,
        change: impl Fn(&Gauge),
    ) {
        for in_flight in &self.in_flight {
            in_flight.change(&*self.recorder, shared, method, route, &change);
        }
    }

    /// Records a request.
    #[inline]
    pub(crate) fn record(&self, record: &RequestRecord<'_>) {
        let key = SeriesKey::new(record, &self.error_types, true);
        match self.series.find(&key) {
            Some((_, series)) => series.record(record),
            None => self.record_rare(record, key),
        }
    }

    /// Records what has no series of its own yet, or never will.
    #[cold]
    fn record_rare(&self, record: &RequestRecord<'_>, key: SeriesKey) {
        let (key, admitted) = self.admit(record, key);
        let register = || Series::register(self, record, admitted);
        match self.series.find_or_insert(&key, || (key, register())) {
            Some((_, series)) => series.record(record),
            None => register().record(record),
        }
    }

    /// The series that `record` may have of those that are told apart, or that of all others.
    fn admit(&self, record: &RequestRecord<'_>, key: SeriesKey) -> (SeriesKey, bool) {
        let keys = &record.keys;
        // Not implemented, not allowed, or gone before there was an answer.
        let served = !matches!(record.status, None | Some(405 | 501));
        if self
            .admission
            .admits(keys.route, keys.method, record.version, served)
        {
            (key, true)
        } else {
            (SeriesKey::new(record, &self.error_types, false), false)
        }
    }

    /// Records a job.
    pub(crate) fn record_job(&self, record: &JobRecord<'_>) {
        let mut labels = vec![
            Label::from_static_parts("job_kind", record.kind),
            Label::from_static_parts("job_name", record.name),
            Label::from_static_parts(names::OUTCOME, record.outcome.as_str()),
        ];
        labels.extend(self.error_type(record.error_type));
        let key = Key::from_parts(names::JOB_DURATION, labels);
        self.recorder
            .register_histogram(&key, &METADATA)
            .record(record.duration);
    }

    /// Counts a record that a sink's panic lost.
    pub(crate) fn count_sink_panic(&self) {
        self.sink_panics.increment(1);
    }

    /// Counts reports of panics that never came to a sink.
    pub(crate) fn count_lost_reports(&self, count: u64) {
        self.lost_reports.increment(count);
    }

    /// Counts a request that went through the layer twice.
    pub(crate) fn count_applied_twice(&self) {
        self.applied_twice.increment(1);
    }

    #[inline]
    fn active(&self, shared: &Shared, method: Method, scheme: Scheme) -> &Gauge {
        let gauge = &self.active[usize::from(method.0)][scheme as usize];
        let first = || self.first_active(gauge, shared, method, scheme);
        gauge.get().unwrap_or_else(first)
    }

    #[cold]
    fn first_active<'a>(
        &self,
        gauge: &'a OnceLock<Gauge>,
        shared: &Shared,
        method: Method,
        scheme: Scheme,
    ) -> &'a Gauge {
        gauge.get_or_init(|| self.register_active(shared, method, scheme))
    }

    fn register_active(&self, shared: &Shared, method: Method, scheme: Scheme) -> Gauge {
        if !self.conventional {
            return Gauge::noop();
        }
        let labels = vec![
            Label::new(names::METHOD, shared.methods.name(method).to_owned()),
            Label::from_static_parts(names::SCHEME, scheme.as_str()),
        ];
        self.recorder
            .register_gauge(&Key::from_parts(names::ACTIVE_REQUESTS, labels), &METADATA)
    }
}

/// What the facade wants to know of where a metric comes from.
static METADATA: Metadata<'static> =
    Metadata::new(module_path!(), Level::INFO, Some(module_path!()));
