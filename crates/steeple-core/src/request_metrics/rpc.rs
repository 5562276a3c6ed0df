//! The metric of [remote procedure calls](https://github.com/open-telemetry/semantic-conventions/blob/v1.44.0/docs/rpc/rpc-metrics.md).

use metrics::{Histogram, Key, Label};

use crate::{
    grpc::RpcCall,
    record::RequestRecord,
    request_metrics::{METADATA, RequestMetrics, names},
};

/// The handle of the durations of calls, if `record` is of one.
pub(super) fn register(metrics: &RequestMetrics, record: &RequestRecord<'_>) -> Option<Histogram> {
    let of_call = labels_of(record.rpc()?).into_iter();
    let error_type = metrics.error_type(record.error_type);
    let own = record
        .labels()
        .map(|(name, value)| Label::new(name, value.to_owned()));
    let labels: Vec<_> = of_call.chain(error_type).chain(own).collect();
    let key = Key::from_parts(names::CALL_DURATION, labels);
    Some(metrics.recorder.register_histogram(&key, &METADATA))
}

/// The labels that calls have on both sides.
pub(super) fn labels_of(call: RpcCall<'_>) -> [Label; 3] {
    [
        Label::from_static_parts(names::RPC_SYSTEM, "grpc"),
        Label::new(names::RPC_METHOD, call.method.to_owned()),
        Label::from_static_parts(names::RPC_STATUS, call.status.as_str()),
    ]
}
