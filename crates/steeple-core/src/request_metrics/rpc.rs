//! The metric of [remote procedure calls](https://github.com/open-telemetry/semantic-conventions/blob/v1.44.0/docs/rpc/rpc-metrics.md).

use metrics::{Histogram, Label};

use crate::{
    insert_map::InsertMap,
    record::{RequestRecord, RpcCall},
    request_metrics::{MOST_SERIES, names, series},
};

/// Everything that the labels of a call depend on.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct CallKey(u64, u64);

/// The duration of calls, by method and how they ended.
pub(super) struct Calls(InsertMap<CallKey, Histogram>);

impl Calls {
    pub(super) fn new() -> Self {
        Self(InsertMap::with_limit(MOST_SERIES))
    }

    pub(super) fn record(
        &self,
        record: &RequestRecord<'_>,
        call: &RpcCall<'_>,
        error_types: &InsertMap<&'static str, ()>,
        register: impl Fn(Vec<Label>) -> Histogram,
    ) {
        // Method 16 bits, status 8, error type 16.
        let error = series::error_code(record.error_type, error_types);
        let ended = u64::from(record.keys.called.0) << 24 | (call.status as u64) << 16 | error;
        let key = CallKey(ended, record.keys.labels.to_bits());
        let register = || register(labels(record, call));
        match self.0.find_or_insert(&key, || (key, register())) {
            Some((_, duration)) => duration.record(record.elapsed),
            None => register().record(record.elapsed),
        }
    }
}

fn labels(record: &RequestRecord<'_>, call: &RpcCall<'_>) -> Vec<Label> {
    let error_type = record
        .error_type
        .map(|error| Label::new(names::ERROR_TYPE, error.to_string()));
    let own = record
        .labels()
        .map(|(name, value)| Label::new(name, value.to_owned()));
    let fixed = [
        Label::from_static_parts(names::RPC_SYSTEM, "grpc"),
        Label::new(names::RPC_METHOD, call.method.to_owned()),
        Label::from_static_parts(names::RPC_STATUS, call.status.as_str()),
    ];
    fixed.into_iter().chain(error_type).chain(own).collect()
}
