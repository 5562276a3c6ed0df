//! What the histograms say of single requests.

use http::Version;
use steeple::metrics::{Snapshot, Value};

use crate::records::Full;

/// The unit of a record's durations, in seconds.
const NANOSECOND: f64 = 1e-9;

/// A histogram's name, and what a record has for it.
type Histogram = (&'static str, fn(&Full) -> Option<f64>);

const OF_REQUESTS: [Histogram; 4] = [
    ("http_server_request_duration_seconds", |record| {
        Some(record.duration.as_secs_f64())
    }),
    ("http_server_response_head_duration_seconds", |record| {
        record.head_duration.map(|duration| duration.as_secs_f64())
    }),
    ("http_server_request_body_size_bytes", |record| {
        record.seen.request_size.map(|size| size as f64)
    }),
    ("http_server_response_body_size_bytes", |record| {
        let seen = &record.seen;
        seen.status.map(|_| seen.response_size as f64)
    }),
];

/// The histograms of requests hold what the `records` say, and nothing else with their labels.
pub(crate) fn agree(snapshot: &Snapshot, records: &[&Full], version: Version) {
    for record in records {
        let labels = labels_of(record, version);
        let alike = |other: &&Full| labels_of(other, version) == labels;
        let alike: Vec<_> = records.iter().copied().filter(alike).collect();
        let labels: Vec<_> = labels
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        for (name, value) in OF_REQUESTS {
            let values: Vec<_> = alike.iter().copied().filter_map(value).collect();
            holds(snapshot, name, &labels, &values);
        }
    }
}

/// The histogram `name` holds these `values` with `labels`.
pub(crate) fn holds(snapshot: &Snapshot, name: &str, labels: &[(&str, &str)], values: &[f64]) {
    let histogram = snapshot.value(name, labels).and_then(Value::as_histogram);
    let (count, sum) = histogram.map_or((0, 0.0), |histogram| (histogram.count(), histogram.sum()));
    assert_eq!(count, values.len() as u64, "{name} of {labels:?}");
    let expected: f64 = values.iter().sum();
    assert!(
        (sum - expected).abs() < NANOSECOND,
        "{name} of {labels:?} adds up to {sum}, the records to {expected}"
    );
}

fn labels_of(record: &Full, version: Version) -> Vec<(&'static str, String)> {
    let seen = &record.seen;
    let version = match version {
        Version::HTTP_2 => "2",
        _ => "1.1",
    };
    let mut labels = vec![
        ("http_request_method", seen.method.clone()),
        ("http_route", seen.route.clone()),
        ("network_protocol_version", version.to_owned()),
        ("url_scheme", "http".to_owned()),
    ];
    let status = seen.status.map(|status| status.to_string());
    labels.extend(status.map(|status| ("http_response_status_code", status)));
    labels.extend(seen.error_type.clone().map(|error| ("error_type", error)));
    labels.extend((seen.route == "/tenant").then(|| ("tenant", "acme".to_owned())));
    labels
}
