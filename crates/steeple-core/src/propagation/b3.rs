//! [B3](https://github.com/openzipkin/b3-propagation), Zipkin's, in one field or in several.
//!
//! As the [specification](https://opentelemetry.io/docs/specs/otel/context/api-propagators/#b3-requirements) has it, both are
//! read, the single field first, whichever is written.

use super::{
    header::Header,
    ids,
    outgoing::{Outgoing, Set},
    parent::Parent,
    received::Received,
    value::Value,
};
use crate::trace_context::TraceId;

pub(super) const HEADERS: &[Header] = &[
    Header::B3,
    Header::B3TraceId,
    Header::B3SpanId,
    Header::B3Sampled,
    Header::B3Flags,
];

pub(super) fn extract(received: &Received) -> Option<Parent> {
    let single = received.value(Header::B3).and_then(single);
    single.or_else(|| multiple(received))
}

/// Reads `TRACE-SPAN`, `TRACE-SPAN-STATE` or `TRACE-SPAN-STATE-PARENT`. A state alone is nobody's child.
fn single(value: &[u8]) -> Option<Parent> {
    let mut parts = value.split(|byte| *byte == b'-');
    let trace_id = trace_id(parts.next()?)?;
    let span_id = parts.next().filter(|digits| digits.len() == 16)?;
    let state = parts.next();
    if let Some(parent) = parts.next() {
        ids::span_id(parent).filter(|_| parent.len() == 16)?;
    }
    let sampled = match state {
        None => None,
        Some(b"0") => Some(false),
        Some(b"1" | b"d") => Some(true),
        Some(_) => return None,
    };
    let parent = Parent::new(trace_id, ids::span_id(span_id)?, sampled);
    let parent = if matches!(state, Some(b"d")) {
        parent.debugged()
    } else {
        parent
    };
    parts.next().is_none().then_some(parent)
}

fn multiple(received: &Received) -> Option<Parent> {
    let trace_id = trace_id(received.value(Header::B3TraceId)?)?;
    let span_id = received
        .value(Header::B3SpanId)
        .filter(|digits| digits.len() == 16)?;
    let sampled = match received.value(Header::B3Sampled) {
        // Old tracers say it in words.
        Some(b"1" | b"true") => Some(true),
        Some(b"0" | b"false") => Some(false),
        _ => None,
    };
    let parent = Parent::new(trace_id, ids::span_id(span_id)?, sampled);
    Some(match received.value(Header::B3Flags) {
        Some(b"1") => parent.debugged(),
        _ => parent,
    })
}

/// Reads an id of 64 or of 128 bits.
fn trace_id(digits: &[u8]) -> Option<TraceId> {
    matches!(digits.len(), 16 | 32).then(|| ids::trace_id(digits))?
}

pub(super) fn inject_single(outgoing: &Outgoing<'_>, set: &mut Set<'_>) {
    let parent = &outgoing.parent;
    let value = Value::EMPTY.ids(parent, "-");
    let value = match parent.sampled {
        _ if parent.debug => value.text("-d"),
        Some(true) => value.text("-1"),
        Some(false) => value.text("-0"),
        None => value,
    };
    set(Header::B3.name(), value.as_str());
}

pub(super) fn inject_multiple(outgoing: &Outgoing<'_>, set: &mut Set<'_>) {
    let parent = &outgoing.parent;
    let trace_id = Value::EMPTY.hex::<32>(parent.trace());
    let span_id = Value::EMPTY.hex::<16>(parent.span().into());
    set(Header::B3TraceId.name(), trace_id.as_str());
    set(Header::B3SpanId.name(), span_id.as_str());
    match parent.sampled {
        _ if parent.debug => set(Header::B3Flags.name(), "1"),
        Some(sampled) => set(Header::B3Sampled.name(), if sampled { "1" } else { "0" }),
        None => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::propagation::tests::{SPAN, TRACE, extracted, injected, parent};

    fn read(fields: &[(&str, &str)]) -> Option<Parent> {
        let parent = extracted("b3", fields);
        assert_eq!(parent, extracted("b3multi", fields));
        parent
    }

    #[test]
    fn a_single_field_is_read_with_and_without_a_state() {
        let single = |value: &str| read(&[("b3", value)]);
        let unsaid = parent(TRACE, SPAN, None);
        let ids = format!("{TRACE}-{SPAN}");
        assert_eq!(single(&ids), Some(unsaid));
        for (state, sampled) in [("1", true), ("0", false)] {
            let expected = Some(parent(TRACE, SPAN, Some(sampled)));
            assert_eq!(single(&format!("{ids}-{state}")), expected);
            assert_eq!(single(&format!("{ids}-{state}-05e3ac9a4f6e3b90")), expected);
        }
        assert_eq!(single(&format!("{ids}-d")), Some(unsaid.debugged()));
        assert_eq!(unsaid.debugged().sampled, Some(true));
    }

    #[test]
    fn several_fields_are_read_where_there_is_no_valid_single_one() {
        let ids = [("x-b3-traceid", TRACE), ("X-B3-SpanId", SPAN)];
        let with = |more: &[(&str, &str)]| read(&[&ids, more].concat());
        let expect = |sampled| Some(parent(TRACE, SPAN, sampled));
        assert_eq!(with(&[]), expect(None));
        for (value, sampled) in [
            ("1", Some(true)),
            ("true", Some(true)),
            ("0", Some(false)),
            ("false", Some(false)),
            ("x", None),
        ] {
            assert_eq!(with(&[("x-b3-sampled", value)]), expect(sampled));
        }
        let debug = with(&[("x-b3-flags", "1"), ("x-b3-sampled", "0")]);
        assert_eq!(debug, Some(parent(TRACE, SPAN, None).debugged()));
        assert_eq!(with(&[("x-b3-flags", "0")]), expect(None));
        assert_eq!(with(&[("b3", "1")]), expect(None));
        let other = format!("{TRACE}-05e3ac9a4f6e3b90");
        assert_eq!(
            with(&[("b3", &other)]),
            Some(parent(TRACE, "05e3ac9a4f6e3b90", None))
        );
    }

    #[test]
    fn an_id_of_64_bits_is_the_right_half() {
        let half = "a3ce929d0e0e4736";
        let expected = parent(half, SPAN, None);
        assert_eq!(
            expected.trace_id.to_string(),
            format!("0000000000000000{half}")
        );
        let single = read(&[("b3", &format!("{half}-{SPAN}"))]);
        let several = read(&[("x-b3-traceid", half), ("x-b3-spanid", SPAN)]);
        assert_eq!([single, several], [Some(expected); 2]);
    }

    #[test]
    fn malformed_fields_tell_of_no_parent() {
        let zero = "0".repeat(32);
        for bad in [
            "",
            "0",
            "d",
            TRACE,
            &format!("{TRACE}-"),
            &format!("{TRACE}-{}", &SPAN[1..]),
            &format!("{}-{SPAN}", &TRACE[1..]),
            &format!("0{TRACE}-{SPAN}"),
            &format!("{zero}-{SPAN}"),
            &format!("{TRACE}-{}", &zero[16..]),
            &format!("{}-{SPAN}", TRACE.to_uppercase()),
            &format!("{TRACE}-{SPAN}-"),
            &format!("{TRACE}-{SPAN}-2"),
            &format!("{TRACE}-{SPAN}-1-"),
            &format!("{TRACE}-{SPAN}-1-0000000000000000"),
            &format!("{TRACE}-{SPAN}-1-{SPAN}-"),
        ] {
            assert_eq!(read(&[("b3", bad)]), None, "{bad}");
        }
        assert_eq!(read(&[("x-b3-traceid", TRACE)]), None);
        assert_eq!(
            read(&[("x-b3-traceid", TRACE), ("x-b3-spanid", &zero[16..])]),
            None
        );
        assert_eq!(
            read(&[("x-b3-traceid", &TRACE[1..]), ("x-b3-spanid", SPAN)]),
            None
        );
    }

    #[test]
    fn each_form_is_written_with_its_state() {
        let ids = format!("{TRACE}-{SPAN}");
        let unsaid = parent(TRACE, SPAN, None);
        for (parent, single, several) in [
            (unsaid, "", None),
            (
                parent(TRACE, SPAN, Some(true)),
                "-1",
                Some(("x-b3-sampled", "1")),
            ),
            (
                parent(TRACE, SPAN, Some(false)),
                "-0",
                Some(("x-b3-sampled", "0")),
            ),
            (unsaid.debugged(), "-d", Some(("x-b3-flags", "1"))),
        ] {
            assert_eq!(injected("b3", parent), [("b3", format!("{ids}{single}"))]);
            let mut expected = vec![("x-b3-traceid", TRACE), ("x-b3-spanid", SPAN)];
            expected.extend(several);
            let written = injected("b3multi", parent);
            let written: Vec<_> = written
                .iter()
                .map(|(name, value)| (*name, &**value))
                .collect();
            assert_eq!(written, expected);
            assert_eq!(read(&written), Some(parent));
        }
    }
}
