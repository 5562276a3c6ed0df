//! The metric of [requests that go out](https://github.com/open-telemetry/semantic-conventions/blob/v1.44.0/docs/http/http-metrics.md#metric-httpclientrequestduration).

use metrics::{Histogram, Key, Label};

use crate::{
    outgoing::CallRecord,
    request_metrics::{METADATA, RequestMetrics, names, series::error_code},
};

/// Everything that the labels of a request that goes out depend on.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct OutgoingKey(u64);

impl RequestMetrics {
    /// Records a request that went out.
    pub(crate) fn record_outgoing(&self, record: &CallRecord<'_>) {
        let key = self.outgoing_key(record);
        let register = || self.register_outgoing(record);
        match self.outgoing.find_or_insert(&key, || (key, register())) {
            Some((_, duration)) => duration.record(record.elapsed),
            None => register().record(record.elapsed),
        }
    }

    fn outgoing_key(&self, record: &CallRecord<'_>) -> OutgoingKey {
        // Server 16 bits, method 8, status 10, version 3, scheme 1, error type 16: 54 bits.
        let version = record.version.map_or(7, |version| version as u64);
        let error = record.error_type;
        let error = error.map_or(0, |error| error_code(error, &self.error_types));
        let fields = [
            (16, record.keys.server.code()),
            (8, u64::from(record.keys.method.0)),
            (10, u64::from(record.status.unwrap_or(0)) & 0x3ff),
            (3, version),
            (1, record.scheme as u64),
            (16, error),
        ];
        let packed = fields
            .into_iter()
            .fold(0, |packed, (width, field)| packed << width | field);
        OutgoingKey(packed)
    }

    fn register_outgoing(&self, record: &CallRecord<'_>) -> Histogram {
        let (address, port) = record.server();
        let mut labels = vec![
            Label::new(names::METHOD, record.method().to_owned()),
            Label::new(names::SERVER_ADDRESS, address.to_owned()),
            Label::from_static_parts(names::SCHEME, record.scheme.as_str()),
        ];
        let text = |name, value: Option<String>| value.map(|value| Label::new(name, value));
        labels.extend(text(names::SERVER_PORT, port.map(|port| port.to_string())));
        labels.extend(text(
            names::STATUS,
            record.status.map(|status| status.to_string()),
        ));
        let version = record.version.map(|version| version.as_str());
        labels.extend(version.map(|version| Label::from_static_parts(names::VERSION, version)));
        labels.extend(self.error_type(record.error_type));
        let key = Key::from_parts(names::OUTGOING_DURATION, labels);
        self.recorder.register_histogram(&key, &METADATA)
    }
}
