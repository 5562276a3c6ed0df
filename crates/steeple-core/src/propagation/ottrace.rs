//! The fields of OpenTracing's
//! [basic tracers](https://github.com/opentracing/basictracer-python/blob/master/basictracer/text_propagator.py), which
//! LightStep's clients used: ids of 64 bits.

use super::{
    header::Header,
    ids,
    outgoing::{Outgoing, Set},
    parent::Parent,
    received::Received,
    value::Value,
};

pub(super) const HEADERS: &[Header] = &[Header::OtTraceId, Header::OtSpanId, Header::OtSampled];

pub(super) fn extract(received: &Received) -> Option<Parent> {
    let trace_id = ids::trace_id(received.value(Header::OtTraceId)?)?;
    let span_id = ids::span_id(received.value(Header::OtSpanId)?)?;
    let sampled = match received.value(Header::OtSampled) {
        // Some clients say it in digits.
        Some(b"true" | b"1") => Some(true),
        Some(b"false" | b"0") => Some(false),
        _ => None,
    };
    Some(Parent::new(trace_id, span_id, sampled))
}

/// Writes the right half of the trace id, as there is no more room; nothing if that is zero.
pub(super) fn inject(outgoing: &Outgoing<'_>, set: &mut Set<'_>) {
    let parent = &outgoing.parent;
    let trace_id = parent.trace() as u64;
    if trace_id == 0 {
        return;
    }
    let trace_id = Value::EMPTY.hex::<16>(trace_id.into());
    let span_id = Value::EMPTY.hex::<16>(parent.span().into());
    set(Header::OtTraceId.name(), trace_id.as_str());
    set(Header::OtSpanId.name(), span_id.as_str());
    if let Some(sampled) = parent.sampled {
        set(
            Header::OtSampled.name(),
            if sampled { "true" } else { "false" },
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::propagation::tests::{SPAN, TRACE, extracted, injected, parent};

    const HALF: &str = "a3ce929d0e0e4736";

    fn read(trace_id: &str, span_id: &str, sampled: &str) -> Option<Parent> {
        let fields = [
            ("ot-tracer-traceid", trace_id),
            ("ot-tracer-spanid", span_id),
            ("ot-tracer-sampled", sampled),
        ];
        extracted("ottrace", &fields)
    }

    #[test]
    fn fields_are_read_whatever_the_width_of_their_ids() {
        for (value, sampled) in [
            ("true", Some(true)),
            ("1", Some(true)),
            ("false", Some(false)),
            ("0", Some(false)),
            ("", None),
        ] {
            for id in [TRACE, HALF, "7"] {
                assert_eq!(read(id, SPAN, value), Some(parent(id, SPAN, sampled)));
            }
        }
    }

    #[test]
    fn malformed_ids_tell_of_no_parent() {
        for bad in ["", "0", "x", &TRACE.to_uppercase(), &format!("0{TRACE}")] {
            assert_eq!(read(bad, SPAN, "true"), None, "{bad}");
            assert_eq!(read(TRACE, bad, "true"), None, "{bad}");
        }
        assert_eq!(read(TRACE, TRACE, "true"), None);
        assert_eq!(extracted("ottrace", &[("ot-tracer-traceid", TRACE)]), None);
    }

    #[test]
    fn the_right_half_of_the_trace_id_is_written() {
        for (sampled, text) in [
            (Some(true), Some("true")),
            (Some(false), Some("false")),
            (None, None),
        ] {
            let mut expected = vec![
                ("ot-tracer-traceid", HALF.to_owned()),
                ("ot-tracer-spanid", SPAN.to_owned()),
            ];
            expected.extend(text.map(|text| ("ot-tracer-sampled", text.to_owned())));
            assert_eq!(injected("ottrace", parent(TRACE, SPAN, sampled)), expected);
        }
        let without = parent("a3ce929d0e0e47360000000000000000", SPAN, None);
        assert_eq!(injected("ottrace", without), []);
    }
}
