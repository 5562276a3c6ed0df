//! The messages that are written, and how JSON has their fields: with the names in lower camel case, and numbers of 64 bits as
//! texts.

use Type::{
    Base64, Bool, Double, Hex, Int, Long, Message, PackedDoubles, PackedLongs, PackedVarints,
    SignedLong, Text, ZigZag,
};

/// What a field is of.
#[derive(Clone, Copy)]
pub(super) enum Type {
    Text,
    /// Bytes that are written in hexadecimal digits: ids.
    Hex,
    /// Other bytes.
    Base64,
    Bool,
    Double,
    /// A whole number of at most 32 bits, an enum, say.
    Int,
    /// A whole number of 32 bits that may be negative.
    ZigZag,
    /// A whole number of 64 bits.
    Long,
    /// A whole number of 64 bits that may be negative.
    SignedLong,
    /// Many whole numbers, of 8 bytes each.
    PackedLongs,
    /// Many whole numbers, in as few bytes as each takes.
    PackedVarints,
    PackedDoubles,
    Message(&'static Schema),
}

/// The fields of a message.
pub(super) struct Schema(pub(super) &'static [Field]);

/// A field of a message.
pub(super) struct Field {
    pub(super) number: u32,
    pub(super) name: &'static str,
    pub(super) of: Type,
    pub(super) is_repeated: bool,
}

const fn one(number: u32, name: &'static str, of: Type) -> Field {
    Field {
        number,
        name,
        of,
        is_repeated: false,
    }
}

const fn many(number: u32, name: &'static str, of: &'static Schema) -> Field {
    Field {
        number,
        name,
        of: Message(of),
        is_repeated: true,
    }
}

pub(super) static TRACES: Schema = Schema(&[many(1, "resourceSpans", &RESOURCE_SPANS)]);
static RESOURCE_SPANS: Schema = Schema(&[
    one(1, "resource", Message(&RESOURCE)),
    many(2, "scopeSpans", &SCOPE_SPANS),
    one(3, "schemaUrl", Text),
]);
static SCOPE_SPANS: Schema = Schema(&[
    one(1, "scope", Message(&SCOPE)),
    many(2, "spans", &SPAN),
    one(3, "schemaUrl", Text),
]);

pub(super) static METRICS: Schema = Schema(&[many(1, "resourceMetrics", &RESOURCE_METRICS)]);
static RESOURCE_METRICS: Schema = Schema(&[
    one(1, "resource", Message(&RESOURCE)),
    many(2, "scopeMetrics", &SCOPE_METRICS),
    one(3, "schemaUrl", Text),
]);
static SCOPE_METRICS: Schema = Schema(&[
    one(1, "scope", Message(&SCOPE)),
    many(2, "metrics", &METRIC),
    one(3, "schemaUrl", Text),
]);

pub(super) static LOGS: Schema = Schema(&[many(1, "resourceLogs", &RESOURCE_LOGS)]);
static RESOURCE_LOGS: Schema = Schema(&[
    one(1, "resource", Message(&RESOURCE)),
    many(2, "scopeLogs", &SCOPE_LOGS),
    one(3, "schemaUrl", Text),
]);
static SCOPE_LOGS: Schema = Schema(&[
    one(1, "scope", Message(&SCOPE)),
    many(2, "logRecords", &LOG_RECORD),
    one(3, "schemaUrl", Text),
]);

static RESOURCE: Schema = Schema(&[
    many(1, "attributes", &KEY_VALUE),
    one(2, "droppedAttributesCount", Int),
]);
static SCOPE: Schema = Schema(&[
    one(1, "name", Text),
    one(2, "version", Text),
    many(3, "attributes", &KEY_VALUE),
    one(4, "droppedAttributesCount", Int),
]);

static KEY_VALUE: Schema = Schema(&[one(1, "key", Text), one(2, "value", Message(&ANY_VALUE))]);
static ANY_VALUE: Schema = Schema(&[
    one(1, "stringValue", Text),
    one(2, "boolValue", Bool),
    one(3, "intValue", SignedLong),
    one(4, "doubleValue", Double),
    one(5, "arrayValue", Message(&ARRAY)),
    one(6, "kvlistValue", Message(&KEY_VALUES)),
    one(7, "bytesValue", Base64),
]);
static ARRAY: Schema = Schema(&[many(1, "values", &ANY_VALUE)]);
static KEY_VALUES: Schema = Schema(&[many(1, "values", &KEY_VALUE)]);

static SPAN: Schema = Schema(&[
    one(1, "traceId", Hex),
    one(2, "spanId", Hex),
    one(3, "traceState", Text),
    one(4, "parentSpanId", Hex),
    one(5, "name", Text),
    one(6, "kind", Int),
    one(7, "startTimeUnixNano", Long),
    one(8, "endTimeUnixNano", Long),
    many(9, "attributes", &KEY_VALUE),
    one(10, "droppedAttributesCount", Int),
    many(11, "events", &EVENT),
    one(12, "droppedEventsCount", Int),
    many(13, "links", &LINK),
    one(14, "droppedLinksCount", Int),
    one(15, "status", Message(&STATUS)),
    one(16, "flags", Int),
]);
static EVENT: Schema = Schema(&[
    one(1, "timeUnixNano", Long),
    one(2, "name", Text),
    many(3, "attributes", &KEY_VALUE),
    one(4, "droppedAttributesCount", Int),
]);
static LINK: Schema = Schema(&[
    one(1, "traceId", Hex),
    one(2, "spanId", Hex),
    one(3, "traceState", Text),
    many(4, "attributes", &KEY_VALUE),
    one(5, "droppedAttributesCount", Int),
    one(6, "flags", Int),
]);
static STATUS: Schema = Schema(&[one(2, "message", Text), one(3, "code", Int)]);

static LOG_RECORD: Schema = Schema(&[
    one(1, "timeUnixNano", Long),
    one(2, "severityNumber", Int),
    one(3, "severityText", Text),
    one(5, "body", Message(&ANY_VALUE)),
    many(6, "attributes", &KEY_VALUE),
    one(7, "droppedAttributesCount", Int),
    one(8, "flags", Int),
    one(9, "traceId", Hex),
    one(10, "spanId", Hex),
    one(11, "observedTimeUnixNano", Long),
    one(12, "eventName", Text),
]);

static METRIC: Schema = Schema(&[
    one(1, "name", Text),
    one(2, "description", Text),
    one(3, "unit", Text),
    one(5, "gauge", Message(&GAUGE)),
    one(7, "sum", Message(&SUM)),
    one(9, "histogram", Message(&HISTOGRAM)),
    one(10, "exponentialHistogram", Message(&EXPONENTIAL_HISTOGRAM)),
    one(11, "summary", Message(&SUMMARY)),
]);
static GAUGE: Schema = Schema(&[many(1, "dataPoints", &NUMBER_POINT)]);
static SUM: Schema = Schema(&[
    many(1, "dataPoints", &NUMBER_POINT),
    one(2, "aggregationTemporality", Int),
    one(3, "isMonotonic", Bool),
]);
static HISTOGRAM: Schema = Schema(&[
    many(1, "dataPoints", &HISTOGRAM_POINT),
    one(2, "aggregationTemporality", Int),
]);
static EXPONENTIAL_HISTOGRAM: Schema = Schema(&[
    many(1, "dataPoints", &EXPONENTIAL_POINT),
    one(2, "aggregationTemporality", Int),
]);
static SUMMARY: Schema = Schema(&[many(1, "dataPoints", &SUMMARY_POINT)]);
static NUMBER_POINT: Schema = Schema(&[
    many(7, "attributes", &KEY_VALUE),
    one(2, "startTimeUnixNano", Long),
    one(3, "timeUnixNano", Long),
    one(4, "asDouble", Double),
    one(6, "asInt", SignedLong),
    many(5, "exemplars", &EXEMPLAR),
    one(8, "flags", Int),
]);
pub(super) static HISTOGRAM_POINT: Schema = Schema(&[
    many(9, "attributes", &KEY_VALUE),
    one(2, "startTimeUnixNano", Long),
    one(3, "timeUnixNano", Long),
    one(4, "count", Long),
    one(5, "sum", Double),
    one(6, "bucketCounts", PackedLongs),
    one(7, "explicitBounds", PackedDoubles),
    many(8, "exemplars", &EXEMPLAR),
    one(10, "flags", Int),
    one(11, "min", Double),
    one(12, "max", Double),
]);
static EXPONENTIAL_POINT: Schema = Schema(&[
    many(1, "attributes", &KEY_VALUE),
    one(2, "startTimeUnixNano", Long),
    one(3, "timeUnixNano", Long),
    one(4, "count", Long),
    one(5, "sum", Double),
    one(6, "scale", ZigZag),
    one(7, "zeroCount", Long),
    one(8, "positive", Message(&BUCKETS)),
    one(9, "negative", Message(&BUCKETS)),
    one(10, "flags", Int),
    many(11, "exemplars", &EXEMPLAR),
    one(12, "min", Double),
    one(13, "max", Double),
    one(14, "zeroThreshold", Double),
]);
static BUCKETS: Schema = Schema(&[
    one(1, "offset", ZigZag),
    one(2, "bucketCounts", PackedVarints),
]);
static SUMMARY_POINT: Schema = Schema(&[
    many(7, "attributes", &KEY_VALUE),
    one(2, "startTimeUnixNano", Long),
    one(3, "timeUnixNano", Long),
    one(4, "count", Long),
    one(5, "sum", Double),
    many(6, "quantileValues", &QUANTILE),
    one(8, "flags", Int),
]);
static QUANTILE: Schema = Schema(&[one(1, "quantile", Double), one(2, "value", Double)]);
static EXEMPLAR: Schema = Schema(&[
    many(7, "filteredAttributes", &KEY_VALUE),
    one(2, "timeUnixNano", Long),
    one(3, "asDouble", Double),
    one(6, "asInt", SignedLong),
    one(4, "spanId", Hex),
    one(5, "traceId", Hex),
]);
