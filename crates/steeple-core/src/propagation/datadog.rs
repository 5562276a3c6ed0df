//! The fields of [Datadog's](https://docs.datadoghq.com/tracing/trace_collection/trace_context_propagation/) tracers: ids of 64
//! bits in decimal; the left half of a trace id stands among the tags, in hex.

use super::{
    header::Header,
    outgoing::{Outgoing, Set},
    parent::Parent,
    received::Received,
    value::Value,
};
use crate::{
    headers::parse_decimal,
    hex,
    trace_context::{SpanId, TraceId},
};

pub(super) const HEADERS: &[Header] = &[
    Header::DatadogTraceId,
    Header::DatadogParentId,
    Header::DatadogSamplingPriority,
    Header::DatadogTags,
];

const LEFT_HALF: &str = "_dd.p.tid=";

pub(super) fn extract(received: &Received) -> Option<Parent> {
    let right = parse_decimal(received.value(Header::DatadogTraceId)?).filter(|half| *half != 0)?;
    let left = received.value(Header::DatadogTags).and_then(left_half);
    let trace_id = left.unwrap_or_default() << 64 | u128::from(right);
    let span_id = parse_decimal(received.value(Header::DatadogParentId)?)?;
    let sampled = match received.value(Header::DatadogSamplingPriority) {
        // As its tracer or its user decided.
        Some(b"1" | b"2") => Some(true),
        Some(b"0" | b"-1") => Some(false),
        _ => None,
    };
    Some(Parent::new(
        TraceId::from_bytes(trace_id.to_be_bytes())?,
        SpanId::from_bytes(span_id.to_be_bytes())?,
        sampled,
    ))
}

fn left_half(tags: &[u8]) -> Option<u128> {
    let digits = tags
        .split(|byte| *byte == b',')
        .find_map(|tag| tag.trim_ascii().strip_prefix(LEFT_HALF.as_bytes()))?;
    (digits.len() == 16).then(|| hex::decode(digits))?
}

/// Writes nothing if the right half of the trace id is zero, which is no id.
pub(super) fn inject(outgoing: &Outgoing<'_>, set: &mut Set<'_>) {
    let parent = &outgoing.parent;
    let [left, right] = [parent.trace() >> 64, parent.trace()].map(|half| half as u64);
    if right == 0 {
        return;
    }
    let trace_id = Value::EMPTY.decimal(right);
    let span_id = Value::EMPTY.decimal(parent.span());
    set(Header::DatadogTraceId.name(), trace_id.as_str());
    set(Header::DatadogParentId.name(), span_id.as_str());
    if let Some(sampled) = parent.sampled {
        set(
            Header::DatadogSamplingPriority.name(),
            if sampled { "1" } else { "0" },
        );
    }
    if left != 0 {
        let tags = Value::EMPTY.text(LEFT_HALF).hex::<16>(left.into());
        set(Header::DatadogTags.name(), tags.as_str());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::propagation::tests::{SPAN, TRACE, extracted, injected, parent};

    const HALF: &str = "a3ce929d0e0e4736";

    fn decimal(half: &str) -> String {
        u64::from_str_radix(half, 16).unwrap().to_string()
    }

    fn read(fields: &[(&str, &str)]) -> Option<Parent> {
        let (trace_id, span_id) = (decimal(HALF), decimal(SPAN));
        let ids = [
            ("x-datadog-trace-id", &*trace_id),
            ("x-datadog-parent-id", &*span_id),
        ];
        extracted("datadog", &[&ids, fields].concat())
    }

    #[test]
    fn the_left_half_of_the_trace_id_stands_among_the_tags() {
        let tags = |tags: &str| read(&[("x-datadog-tags", tags)]);
        let [whole, half] = [TRACE, HALF].map(|id| Some(parent(id, SPAN, None)));
        let left = &TRACE[..16];
        assert_eq!(tags(&format!("_dd.p.tid={left}")), whole);
        assert_eq!(tags(&format!("_dd.p.dm=-0, _dd.p.tid={left},x=y")), whole);
        assert_eq!(read(&[]), half);
        for bad in [left, &left[1..], &left.to_uppercase(), TRACE, ""] {
            let bad = format!("_dd.p.tid={bad}");
            assert_eq!(
                tags(&bad),
                if bad.ends_with(&format!("={left}")) {
                    whole
                } else {
                    half
                },
                "{bad}"
            );
        }
    }

    #[test]
    fn the_priority_says_whether_it_is_recorded() {
        for (priority, sampled) in [
            ("-1", Some(false)),
            ("0", Some(false)),
            ("1", Some(true)),
            ("2", Some(true)),
            ("x", None),
        ] {
            let read = read(&[("x-datadog-sampling-priority", priority)]);
            assert_eq!(read, Some(parent(HALF, SPAN, sampled)), "{priority}");
        }
    }

    #[test]
    fn malformed_ids_tell_of_no_parent() {
        for bad in ["", "0", "-1", "+1", HALF, "18446744073709551616"] {
            let fields = |trace_id, span_id| {
                [
                    ("x-datadog-trace-id", trace_id),
                    ("x-datadog-parent-id", span_id),
                ]
            };
            assert_eq!(extracted("datadog", &fields(bad, "1")), None, "{bad}");
            assert_eq!(extracted("datadog", &fields("1", bad)), None, "{bad}");
        }
    }

    #[test]
    fn what_is_written_is_read_again() {
        for (id, sampled) in [(TRACE, Some(true)), (TRACE, None), (HALF, Some(false))] {
            let parent = parent(id, SPAN, sampled);
            let written = injected("datadog", parent);
            let fields: Vec<_> = written
                .iter()
                .map(|(name, value)| (*name, &**value))
                .collect();
            assert_eq!(extracted("datadog", &fields), Some(parent));
            assert_eq!(fields[0], ("x-datadog-trace-id", &*decimal(HALF)));
            let tags = fields.iter().any(|(name, _)| *name == "x-datadog-tags");
            assert_eq!(tags, id == TRACE);
        }
        let without = parent("a3ce929d0e0e47360000000000000000", SPAN, None);
        assert_eq!(injected("datadog", without), []);
    }
}
