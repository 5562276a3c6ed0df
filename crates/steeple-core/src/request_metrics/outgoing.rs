//! The metrics of [requests that go out](https://github.com/open-telemetry/semantic-conventions/blob/v1.44.0/docs/http/http-metrics.md#metric-httpclientrequestduration),
//! and of those that are [remote procedure calls](https://github.com/open-telemetry/semantic-conventions/blob/v1.44.0/docs/rpc/rpc-metrics.md#metric-rpcclientcallduration).

use metrics::{Histogram, Key, Label};

use crate::{
    grpc::Call,
    outgoing::CallRecord,
    request_metrics::{METADATA, RequestMetrics, names, rpc, series::error_code},
};

/// Everything that the labels of a request that goes out depend on, and of the call that it is.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct OutgoingKey(u64, u32);

/// The handles of one combination of labels.
pub(super) struct OutgoingSeries {
    duration: Histogram,
    call_duration: Option<Histogram>,
}

impl RequestMetrics {
    /// Records a request that went out.
    pub(crate) fn record_outgoing(&self, record: &CallRecord<'_>) {
        let key = self.outgoing_key(record);
        let register = || self.register_outgoing(record);
        match self.outgoing.find_or_insert(&key, || (key, register())) {
            Some((_, series)) => series.record(record),
            None => register().record(record),
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
        OutgoingKey(packed, record.keys.rpc.map_or(0, Call::code))
    }

    fn register_outgoing(&self, record: &CallRecord<'_>) -> OutgoingSeries {
        let histogram = |name, labels| {
            (self.recorder).register_histogram(&Key::from_parts(name, labels), &METADATA)
        };
        let of_server = self.labels_of_server(record);
        let call_duration = record.rpc().map(|call| {
            let labels = rpc::labels_of(call).into_iter().chain(of_server.clone());
            histogram(names::OUTGOING_CALL_DURATION, labels.collect())
        });
        let mut labels = vec![
            Label::new(names::METHOD, record.method().to_owned()),
            Label::from_static_parts(names::SCHEME, record.scheme.as_str()),
        ];
        let status = record.status.map(|status| status.to_string());
        labels.extend(status.map(|status| Label::new(names::STATUS, status)));
        let version = record.version.map(|version| version.as_str());
        labels.extend(version.map(|version| Label::from_static_parts(names::VERSION, version)));
        labels.extend(of_server);
        OutgoingSeries {
            duration: histogram(names::OUTGOING_DURATION, labels),
            call_duration,
        }
    }

    /// Which server it was, and what went wrong there.
    fn labels_of_server(&self, record: &CallRecord<'_>) -> Vec<Label> {
        let (address, port) = record.server();
        let address = Label::new(names::SERVER_ADDRESS, address.to_owned());
        let port = port.map(|port| Label::new(names::SERVER_PORT, port.to_string()));
        let error_type = self.error_type(record.error_type);
        [address]
            .into_iter()
            .chain(port)
            .chain(error_type)
            .collect()
    }
}

impl OutgoingSeries {
    fn record(&self, record: &CallRecord<'_>) {
        self.duration.record(record.elapsed);
        if let Some(call_duration) = &self.call_duration {
            call_duration.record(record.elapsed);
        }
    }
}
