//! The handles of one combination of labels.

use metrics::{Counter, Histogram, Key, Label};

use crate::{
    grpc::Call,
    insert_map::InsertMap,
    label::OTHER,
    outcome::ErrorType,
    record::RequestRecord,
    request_metrics::{METADATA, RequestMetrics, names, preset::PresetSeries, rpc},
};

/// Everything that the labels of a record depend on.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct SeriesKey(u64, u64, u32);

impl SeriesKey {
    #[inline]
    pub(super) fn new(
        record: &RequestRecord<'_>,
        error_types: &InsertMap<&'static str, ()>,
        admitted: bool,
    ) -> Self {
        // What the route is not told apart by has one place for all.
        let (method, version) = if admitted {
            (record.keys.method.0, record.version as u8)
        } else {
            (u8::MAX, 7)
        };
        // Route 16 bits, status 10, method 8, outcome 4, version 3, scheme 1, broken 1, upgraded 1, error type 16:
        // 60 bits.
        let fields = [
            (16, u64::from(record.keys.route.0)),
            (10, u64::from(record.status.unwrap_or(0)) & 0x3ff),
            (8, u64::from(method)),
            (4, record.outcome as u64),
            (3, u64::from(version)),
            (1, record.scheme as u64),
            (1, u64::from(record.request_broken)),
            (1, u64::from(record.upgraded)),
            (
                16,
                record
                    .error_type
                    .map_or(0, |error| error_code(error, error_types)),
            ),
        ];
        let packed = fields
            .into_iter()
            .fold(0, |packed, (width, field)| packed << width | field);
        let call = record.keys.call.map_or(0, Call::code);
        Self(packed, record.keys.labels.to_bits(), call)
    }
}

/// What all types of errors share that there is no place for.
const OVERFLOW: u64 = 2;

/// Zero stands for no error.
#[cold]
pub(super) fn error_code(error_type: ErrorType, error_types: &InsertMap<&'static str, ()>) -> u64 {
    match error_type {
        ErrorType::Status(_) => 1,
        ErrorType::Named(name) => error_types
            .find_or_insert(name, || (name, ()))
            .map_or(OVERFLOW, |(slot, ())| u64::from(slot.0) + 3),
    }
}

impl RequestMetrics {
    /// The label with the type of an error.
    pub(super) fn error_type(&self, error: Option<ErrorType>) -> Option<Label> {
        let error = error?;
        let label = match error_code(error, &self.error_types) {
            OVERFLOW => Label::from_static_parts(names::ERROR_TYPE, OTHER),
            _ => Label::new(names::ERROR_TYPE, error.to_string()),
        };
        Some(label)
    }
}

pub(super) struct Series {
    requests: Counter,
    duration: Histogram,
    head_duration: Histogram,
    request_size: Histogram,
    response_size: Histogram,
    call_duration: Option<Histogram>,
    rest: Option<Box<Rest>>,
}

/// What few series have.
struct Rest {
    errors: Option<Counter>,
    upgrades: Option<Counter>,
    request_body_errors: Option<Counter>,
    presets: Box<[PresetSeries]>,
}

impl Series {
    pub(super) fn register(
        metrics: &RequestMetrics,
        record: &RequestRecord<'_>,
        admitted: bool,
    ) -> Self {
        let labels = Labels::of(metrics, record, admitted);
        let recorder = &*metrics.recorder;
        let counter = |name, labels: Vec<Label>| {
            if metrics.conventional {
                recorder.register_counter(&Key::from_parts(name, labels), &METADATA)
            } else {
                Counter::noop()
            }
        };
        let histogram = |name| {
            if metrics.conventional {
                let key = Key::from_parts(name, labels.attributes.clone());
                recorder.register_histogram(&key, &METADATA)
            } else {
                Histogram::noop()
            }
        };
        let answered = |name| {
            if record.status.is_some() {
                histogram(name)
            } else {
                Histogram::noop()
            }
        };
        let rest = Rest {
            errors: record
                .error_type
                .map(|_| counter(names::ERRORS, labels.errors())),
            upgrades: record
                .upgraded
                .then(|| counter(names::UPGRADES, labels.route())),
            request_body_errors: record
                .request_broken
                .then(|| counter(names::REQUEST_BODY_ERRORS, labels.route())),
            presets: metrics
                .presets
                .iter()
                .filter_map(|preset| preset.register(recorder, &labels))
                .collect(),
        };
        Self {
            requests: counter(names::REQUESTS, labels.requests()),
            duration: histogram(names::REQUEST_DURATION),
            head_duration: answered(names::HEAD_DURATION),
            request_size: histogram(names::REQUEST_BODY_SIZE),
            response_size: answered(names::RESPONSE_BODY_SIZE),
            call_duration: rpc::register(metrics, record),
            rest: rest.is_any().then(|| Box::new(rest)),
        }
    }

    #[inline]
    pub(super) fn record(&self, record: &RequestRecord<'_>) {
        self.requests.increment(1);
        self.duration.record(record.elapsed);
        if let Some(to_head) = record.to_head {
            self.head_duration.record(to_head);
        }
        if let Some(size) = record.request_size {
            // What a client claims may be more than a signed number holds.
            let size = size.min(i64::MAX.cast_unsigned());
            self.request_size.record(size.cast_signed() as f64);
        }
        // Of a signed number the processor makes a float at once.
        self.response_size
            .record(record.response_size.cast_signed() as f64);
        if let Some(call_duration) = &self.call_duration {
            call_duration.record(record.elapsed);
        }
        if let Some(rest) = &self.rest {
            rest.record(record);
        }
    }
}

impl Rest {
    fn counters(&self) -> impl Iterator<Item = &Counter> {
        let counters = [&self.errors, &self.upgrades, &self.request_body_errors];
        counters.into_iter().flatten()
    }

    fn is_any(&self) -> bool {
        self.counters().next().is_some() || !self.presets.is_empty()
    }

    #[inline(never)]
    fn record(&self, record: &RequestRecord<'_>) {
        self.counters().for_each(|counter| counter.increment(1));
        for preset in &self.presets {
            preset.record(record);
        }
    }
}

/// The labels of one record.
pub(super) struct Labels {
    pub(super) route: Label,
    pub(super) method: Label,
    pub(super) status: Option<Label>,
    outcome: Label,
    error_type: Option<Label>,
    pub(super) own: Vec<Label>,
    /// All that the semantic conventions attach to the duration.
    attributes: Vec<Label>,
}

impl Labels {
    fn of(metrics: &RequestMetrics, record: &RequestRecord<'_>, admitted: bool) -> Self {
        let route = Label::new(names::ROUTE, record.route().to_owned());
        let method = if admitted { record.method() } else { OTHER };
        let method = Label::new(names::METHOD, method.to_owned());
        let status = record
            .status
            .map(|status| Label::new(names::STATUS, status.to_string()));
        let error_type = metrics.error_type(record.error_type);
        let own: Vec<_> = record
            .labels()
            .map(|(name, value)| Label::new(name, value.to_owned()))
            .collect();
        let mut attributes = vec![
            method.clone(),
            route.clone(),
            Label::from_static_parts(names::SCHEME, record.scheme.as_str()),
        ];
        let version = Label::from_static_parts(names::VERSION, record.version.as_str());
        attributes.extend(admitted.then_some(version));
        attributes.extend(status.iter().chain(&error_type).chain(&own).cloned());
        let outcome = Label::from_static_parts(names::OUTCOME, record.outcome.as_str());
        Self {
            route,
            method,
            status,
            outcome,
            error_type,
            own,
            attributes,
        }
    }

    fn requests(&self) -> Vec<Label> {
        let fixed = [&self.method, &self.route, &self.outcome];
        fixed
            .into_iter()
            .chain(&self.status)
            .chain(&self.own)
            .cloned()
            .collect()
    }

    fn errors(&self) -> Vec<Label> {
        [&self.route]
            .into_iter()
            .chain(&self.error_type)
            .chain(&self.own)
            .cloned()
            .collect()
    }

    fn route(&self) -> Vec<Label> {
        [&self.route]
            .into_iter()
            .chain(&self.own)
            .cloned()
            .collect()
    }
}
