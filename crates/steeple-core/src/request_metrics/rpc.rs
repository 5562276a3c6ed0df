//! The metric of [remote procedure calls](https://github.com/open-telemetry/semantic-conventions/blob/v1.44.0/docs/rpc/rpc-metrics.md).

use metrics::{Histogram, Key, Label};

use crate::{
    grpc::{Call, RpcCall},
    record::RequestRecord,
    request_metrics::{
        METADATA, RequestMetrics, names,
        series::{Series, SeriesKey},
    },
};

/// Everything that the labels of a call and of its request depend on.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct CallKey(SeriesKey, u32);

impl CallKey {
    #[inline]
    pub(super) fn new(request: SeriesKey, call: Call) -> Self {
        Self(request, call.code())
    }
}

/// The handles of one combination of labels, those of the request included.
pub(super) struct CallSeries {
    request: Series,
    duration: Histogram,
}

impl CallSeries {
    pub(super) fn register(
        metrics: &RequestMetrics,
        record: &RequestRecord<'_>,
        admitted: bool,
    ) -> Self {
        let key = Key::from_parts(names::CALL_DURATION, labels(metrics, record));
        Self {
            request: Series::register(metrics, record, admitted),
            duration: metrics.recorder.register_histogram(&key, &METADATA),
        }
    }

    #[inline]
    pub(super) fn record(&self, record: &RequestRecord<'_>) {
        self.request.record(record);
        self.duration.record(record.elapsed);
    }
}

/// The labels that calls have on both sides.
pub(super) fn labels_of(call: RpcCall<'_>) -> [Label; 3] {
    [
        Label::from_static_parts(names::RPC_SYSTEM, "grpc"),
        Label::new(names::RPC_METHOD, call.method.to_owned()),
        Label::from_static_parts(names::RPC_STATUS, call.status.as_str()),
    ]
}

fn labels(metrics: &RequestMetrics, record: &RequestRecord<'_>) -> Vec<Label> {
    let of_call = record.rpc().into_iter().flat_map(labels_of);
    let error_type = metrics.error_type(record.error_type);
    let own = record
        .labels()
        .map(|(name, value)| Label::new(name, value.to_owned()));
    of_call.chain(error_type).chain(own).collect()
}
