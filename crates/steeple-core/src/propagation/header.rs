//! The header fields that carry trace context.

/// A header field that a format reads or writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Header {
    Traceparent,
    Tracestate,
    Baggage,
    B3,
    B3TraceId,
    B3SpanId,
    B3Sampled,
    B3Flags,
    UberTraceId,
    AmznTraceId,
    OtTraceId,
    OtSpanId,
    OtSampled,
    DatadogTraceId,
    DatadogParentId,
    DatadogSamplingPriority,
    DatadogTags,
    SentryTrace,
}

impl Header {
    pub(super) const COUNT: usize = Self::SentryTrace as usize + 1;

    /// The field of that name, which is in lower case.
    // The compiler compares with each name in place, first of all its length.
    pub(super) fn of(name: &str) -> Option<Self> {
        let found = match name {
            "traceparent" => Self::Traceparent,
            "tracestate" => Self::Tracestate,
            "baggage" => Self::Baggage,
            "b3" => Self::B3,
            "x-b3-traceid" => Self::B3TraceId,
            "x-b3-spanid" => Self::B3SpanId,
            "x-b3-sampled" => Self::B3Sampled,
            "x-b3-flags" => Self::B3Flags,
            "uber-trace-id" => Self::UberTraceId,
            "x-amzn-trace-id" => Self::AmznTraceId,
            "ot-tracer-traceid" => Self::OtTraceId,
            "ot-tracer-spanid" => Self::OtSpanId,
            "ot-tracer-sampled" => Self::OtSampled,
            "x-datadog-trace-id" => Self::DatadogTraceId,
            "x-datadog-parent-id" => Self::DatadogParentId,
            "x-datadog-sampling-priority" => Self::DatadogSamplingPriority,
            "x-datadog-tags" => Self::DatadogTags,
            "sentry-trace" => Self::SentryTrace,
            _ => return None,
        };
        Some(found)
    }

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Traceparent => "traceparent",
            Self::Tracestate => "tracestate",
            Self::Baggage => "baggage",
            Self::B3 => "b3",
            Self::B3TraceId => "x-b3-traceid",
            Self::B3SpanId => "x-b3-spanid",
            Self::B3Sampled => "x-b3-sampled",
            Self::B3Flags => "x-b3-flags",
            Self::UberTraceId => "uber-trace-id",
            Self::AmznTraceId => "x-amzn-trace-id",
            Self::OtTraceId => "ot-tracer-traceid",
            Self::OtSpanId => "ot-tracer-spanid",
            Self::OtSampled => "ot-tracer-sampled",
            Self::DatadogTraceId => "x-datadog-trace-id",
            Self::DatadogParentId => "x-datadog-parent-id",
            Self::DatadogSamplingPriority => "x-datadog-sampling-priority",
            Self::DatadogTags => "x-datadog-tags",
            Self::SentryTrace => "sentry-trace",
        }
    }
}

/// Some of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct HeaderSet(u32);

impl HeaderSet {
    pub(super) fn insert(&mut self, header: Header) {
        self.0 |= Self::bit(header);
    }

    pub(super) fn contains(self, header: Header) -> bool {
        self.0 & Self::bit(header) != 0
    }

    pub(super) fn is_empty(self) -> bool {
        self.0 == 0
    }

    fn bit(header: Header) -> u32 {
        1 << header as u32
    }
}
