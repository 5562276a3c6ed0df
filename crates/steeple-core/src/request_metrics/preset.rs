//! Names and labels that other crates or habit have made.

use metrics::{Counter, Histogram, Key, Label, Recorder, Unit};

use crate::{
    record::RequestRecord,
    request_metrics::{METADATA, MetricNames, series::Labels},
};

/// The buckets that the libraries of Prometheus begin with, and with them all who have these names, in seconds.
pub(crate) const BUCKETS: [f64; 11] = [
    0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0,
];

/// The methods that axum-prometheus has a name for.
const AXUM_PROMETHEUS_METHODS: [&str; 9] = [
    "OPTIONS", "GET", "POST", "PUT", "DELETE", "HEAD", "TRACE", "CONNECT", "PATCH",
];

const METHOD: &str = "method";
const STATUS: &str = "status";

/// What is recorded by one set of names.
#[derive(Debug)]
pub(crate) struct Preset {
    pub(crate) requests: String,
    pub(crate) duration: String,
    pub(crate) in_flight: Option<&'static str>,
    /// The label that tells the route.
    route: &'static str,
    end: End,
    /// Whether a request counts that was not answered.
    unanswered: bool,
    /// The methods that keep their name; all do if there are none, and the others are empty.
    methods: &'static [&'static str],
}

/// What ends the duration.
#[derive(Clone, Copy, Debug)]
enum End {
    Head,
    Body,
}

impl Preset {
    /// What `names` stand for, but for those of the semantic conventions.
    pub(crate) fn of(names: &MetricNames) -> Option<Self> {
        match names {
            MetricNames::SemanticConventions => None,
            MetricNames::Classic => Some(Self {
                requests: "http_requests_total".to_owned(),
                duration: "http_request_duration_seconds".to_owned(),
                in_flight: Some("http_requests_in_flight"),
                route: "route",
                end: End::Body,
                unanswered: true,
                methods: &[],
            }),
            MetricNames::AxumPrometheus => Some(Self {
                requests: "axum_http_requests_total".to_owned(),
                duration: "axum_http_requests_duration_seconds".to_owned(),
                in_flight: Some("axum_http_requests_pending"),
                route: "endpoint",
                end: End::Head,
                unanswered: false,
                methods: &AXUM_PROMETHEUS_METHODS,
            }),
            MetricNames::ActixWebProm { namespace } => {
                let separator = if namespace.is_empty() { "" } else { "_" };
                let name = |name| format!("{namespace}{separator}{name}");
                Some(Self {
                    requests: name("http_requests_total"),
                    duration: name("http_requests_duration_seconds"),
                    in_flight: None,
                    route: "endpoint",
                    end: End::Body,
                    unanswered: false,
                    methods: &[],
                })
            }
        }
    }

    /// The names of its metrics.
    pub(crate) fn metrics(&self) -> impl Iterator<Item = &str> {
        [self.requests.as_str(), &self.duration]
            .into_iter()
            .chain(self.in_flight)
    }

    /// Whether it has a label `name`.
    pub(crate) fn has_label(&self, name: &str) -> bool {
        [METHOD, STATUS, self.route].contains(&name)
    }

    pub(super) fn describe(&self, recorder: &dyn Recorder) {
        recorder.describe_counter(self.requests.clone().into(), None, "Requests.".into());
        recorder.describe_histogram(
            self.duration.clone().into(),
            Some(Unit::Seconds),
            match self.end {
                End::Head => "Duration of requests, from the head to the head of the response.",
                End::Body => {
                    "Duration of requests, from the head to the end of the response's body."
                }
            }
            .into(),
        );
        if let Some(in_flight) = self.in_flight {
            recorder.describe_gauge(
                in_flight.into(),
                None,
                "Requests that are being answered.".into(),
            );
        }
    }

    /// The labels that are known from the beginning.
    pub(super) fn first_labels(&self, method: &str, route: &str) -> Vec<Label> {
        let named = self.methods.is_empty() || self.methods.contains(&method);
        let method = if named { method } else { "" };
        vec![
            Label::new(METHOD, method.to_owned()),
            Label::new(self.route, route.to_owned()),
        ]
    }

    /// The handles for requests with `labels`, if these count.
    pub(super) fn register(
        &self,
        recorder: &dyn Recorder,
        labels: &Labels,
    ) -> Option<PresetSeries> {
        if labels.status.is_none() && !self.unanswered {
            return None;
        }
        let mut all = self.first_labels(labels.method.value(), labels.route.value());
        let status = labels.status.iter();
        all.extend(status.map(|status| Label::new(STATUS, status.value().to_owned())));
        all.extend(labels.own.iter().cloned());
        let requests = Key::from_parts(self.requests.clone(), all.clone());
        let duration = Key::from_parts(self.duration.clone(), all);
        Some(PresetSeries {
            requests: recorder.register_counter(&requests, &METADATA),
            duration: recorder.register_histogram(&duration, &METADATA),
            end: self.end,
        })
    }
}

/// The handles of one combination of labels by a preset's names.
pub(super) struct PresetSeries {
    requests: Counter,
    duration: Histogram,
    end: End,
}

impl PresetSeries {
    pub(super) fn record(&self, record: &RequestRecord<'_>) {
        self.requests.increment(1);
        let elapsed = match self.end {
            End::Head => record.to_head,
            End::Body => Some(record.elapsed),
        };
        if let Some(elapsed) = elapsed {
            self.duration.record(elapsed);
        }
    }
}
