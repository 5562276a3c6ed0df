//! The numbers of the fields of [OTLP 1.9](https://github.com/open-telemetry/opentelemetry-proto/tree/v1.9.0/opentelemetry/proto)
//! that are written here.

/// Where the signals have the same numbers: the request, and its messages by resource and by scope.
pub(crate) mod envelope {
    /// Of the request, by resource.
    pub(crate) const RESOURCE_ITEMS: u32 = 1;
    pub(crate) const RESOURCE: u32 = 1;
    pub(crate) const SCOPE_ITEMS: u32 = 2;
    pub(crate) const SCOPE: u32 = 1;
    /// The spans, metrics or log records.
    pub(crate) const ITEMS: u32 = 2;
}

pub(crate) mod resource {
    pub(crate) const ATTRIBUTES: u32 = 1;
}

pub(crate) mod scope {
    pub(crate) const NAME: u32 = 1;
    pub(crate) const VERSION: u32 = 2;
}

pub(crate) mod key_value {
    pub(crate) const KEY: u32 = 1;
    pub(crate) const VALUE: u32 = 2;
}

pub(crate) mod any_value {
    pub(crate) const STRING: u32 = 1;
    pub(crate) const BOOL: u32 = 2;
    pub(crate) const INT: u32 = 3;
    pub(crate) const DOUBLE: u32 = 4;
    pub(crate) const ARRAY: u32 = 5;
    pub(crate) const KEY_VALUES: u32 = 6;
    pub(crate) const BYTES: u32 = 7;
    /// Of an array or of key-values.
    pub(crate) const VALUES: u32 = 1;
}

pub(crate) mod span {
    pub(crate) const TRACE_ID: u32 = 1;
    pub(crate) const SPAN_ID: u32 = 2;
    pub(crate) const TRACE_STATE: u32 = 3;
    pub(crate) const PARENT_SPAN_ID: u32 = 4;
    pub(crate) const NAME: u32 = 5;
    pub(crate) const KIND: u32 = 6;
    pub(crate) const START_TIME: u32 = 7;
    pub(crate) const END_TIME: u32 = 8;
    pub(crate) const ATTRIBUTES: u32 = 9;
    pub(crate) const DROPPED_ATTRIBUTES: u32 = 10;
    pub(crate) const EVENTS: u32 = 11;
    pub(crate) const DROPPED_EVENTS: u32 = 12;
    pub(crate) const LINKS: u32 = 13;
    pub(crate) const DROPPED_LINKS: u32 = 14;
    pub(crate) const STATUS: u32 = 15;
    pub(crate) const FLAGS: u32 = 16;
}

pub(crate) mod span_event {
    pub(crate) const TIME: u32 = 1;
    pub(crate) const NAME: u32 = 2;
    pub(crate) const ATTRIBUTES: u32 = 3;
    pub(crate) const DROPPED_ATTRIBUTES: u32 = 4;
}

pub(crate) mod span_link {
    pub(crate) const TRACE_ID: u32 = 1;
    pub(crate) const SPAN_ID: u32 = 2;
    pub(crate) const TRACE_STATE: u32 = 3;
    pub(crate) const ATTRIBUTES: u32 = 4;
    pub(crate) const FLAGS: u32 = 6;
}

pub(crate) mod span_status {
    pub(crate) const MESSAGE: u32 = 2;
    pub(crate) const CODE: u32 = 3;
}

pub(crate) mod log_record {
    pub(crate) const TIME: u32 = 1;
    pub(crate) const SEVERITY_NUMBER: u32 = 2;
    pub(crate) const SEVERITY_TEXT: u32 = 3;
    pub(crate) const BODY: u32 = 5;
    pub(crate) const ATTRIBUTES: u32 = 6;
    pub(crate) const FLAGS: u32 = 8;
    pub(crate) const TRACE_ID: u32 = 9;
    pub(crate) const SPAN_ID: u32 = 10;
    pub(crate) const OBSERVED_TIME: u32 = 11;
    pub(crate) const EVENT_NAME: u32 = 12;
}

pub(crate) mod metric {
    pub(crate) const NAME: u32 = 1;
    pub(crate) const DESCRIPTION: u32 = 2;
    pub(crate) const UNIT: u32 = 3;
    pub(crate) const GAUGE: u32 = 5;
    pub(crate) const SUM: u32 = 7;
    pub(crate) const HISTOGRAM: u32 = 9;
    pub(crate) const EXPONENTIAL_HISTOGRAM: u32 = 10;
    pub(crate) const SUMMARY: u32 = 11;
    /// Of each of these five.
    pub(crate) const DATA_POINTS: u32 = 1;
    /// Of sums and histograms.
    pub(crate) const TEMPORALITY: u32 = 2;
    /// Of sums.
    pub(crate) const MONOTONIC: u32 = 3;
}

/// What the points of all kinds have in common.
pub(crate) mod point {
    pub(crate) const START: u32 = 2;
    pub(crate) const TIME: u32 = 3;
}

pub(crate) mod number_point {
    pub(crate) const ATTRIBUTES: u32 = 7;
    pub(crate) const DOUBLE: u32 = 4;
    pub(crate) const INT: u32 = 6;
}

pub(crate) mod histogram_point {
    pub(crate) const ATTRIBUTES: u32 = 9;
    pub(crate) const COUNT: u32 = 4;
    pub(crate) const SUM: u32 = 5;
    pub(crate) const BUCKET_COUNTS: u32 = 6;
    pub(crate) const BOUNDS: u32 = 7;
    pub(crate) const EXEMPLARS: u32 = 8;
}

pub(crate) mod exponential_point {
    pub(crate) const ATTRIBUTES: u32 = 1;
    pub(crate) const COUNT: u32 = 4;
    pub(crate) const SUM: u32 = 5;
    pub(crate) const SCALE: u32 = 6;
    pub(crate) const ZERO_COUNT: u32 = 7;
    pub(crate) const POSITIVE: u32 = 8;
    pub(crate) const NEGATIVE: u32 = 9;
    pub(crate) const EXEMPLARS: u32 = 11;
    pub(crate) const ZERO_THRESHOLD: u32 = 14;
    /// Of the positive and the negative buckets.
    pub(crate) const OFFSET: u32 = 1;
    pub(crate) const BUCKET_COUNTS: u32 = 2;
}

pub(crate) mod summary_point {
    pub(crate) const ATTRIBUTES: u32 = 7;
    pub(crate) const COUNT: u32 = 4;
    pub(crate) const SUM: u32 = 5;
    pub(crate) const QUANTILES: u32 = 6;
    pub(crate) const QUANTILE: u32 = 1;
    pub(crate) const VALUE: u32 = 2;
}

pub(crate) mod exemplar {
    pub(crate) const TIME: u32 = 2;
    pub(crate) const DOUBLE: u32 = 3;
    pub(crate) const SPAN_ID: u32 = 4;
    pub(crate) const TRACE_ID: u32 = 5;
}
