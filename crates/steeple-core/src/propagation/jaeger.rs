//! [`uber-trace-id`](https://www.jaegertracing.io/docs/1.62/client-libraries/#propagation-format), that of Jaeger's own clients:
//! `TRACE:SPAN:PARENT:FLAGS`.

use super::{
    header::Header,
    ids,
    outgoing::{Outgoing, Set},
    parent::Parent,
    received::Received,
    value::Value,
};
use crate::hex;

pub(super) const HEADERS: &[Header] = &[Header::UberTraceId];

const SAMPLED: u8 = 0x01;
const DEBUG: u8 = 0x02;

pub(super) fn extract(received: &Received) -> Option<Parent> {
    let value = str::from_utf8(received.value(Header::UberTraceId)?).ok()?;
    // Some clients encode it as if it stood in a URL.
    let separator = if value.contains(':') { ":" } else { "%3A" };
    let mut parts = value.split(separator).map(str::as_bytes);
    let trace_id = ids::trace_id(parts.next()?)?;
    let span_id = ids::span_id(parts.next()?)?;
    // The parent's parent is of no use any more.
    let _ = parts.next()?;
    let flags = parts
        .next()
        .filter(|digits| matches!(digits.len(), 1 | 2))
        .and_then(hex::decode)? as u8;
    let parent = Parent::new(trace_id, span_id, Some(flags & SAMPLED != 0));
    let parent = if flags & (SAMPLED | DEBUG) == SAMPLED | DEBUG {
        parent.debugged()
    } else {
        parent
    };
    parts.next().is_none().then_some(parent)
}

pub(super) fn inject(outgoing: &Outgoing<'_>, set: &mut Set<'_>) {
    let parent = &outgoing.parent;
    let flags = match parent.sampled {
        _ if parent.debug => SAMPLED | DEBUG,
        Some(true) => SAMPLED,
        _ => 0,
    };
    let value = Value::EMPTY
        .ids(parent, ":")
        .text(":0:")
        .decimal(flags.into());
    set(Header::UberTraceId.name(), value.as_str());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::propagation::tests::{SPAN, TRACE, extracted, injected, parent};

    fn read(value: &str) -> Option<Parent> {
        extracted("jaeger", &[("uber-trace-id", value)])
    }

    #[test]
    fn a_field_is_read_with_its_flags() {
        for (flags, sampled) in [
            ("0", false),
            ("1", true),
            ("01", true),
            ("9", true),
            ("4", false),
            ("2", false),
        ] {
            let expected = Some(parent(TRACE, SPAN, Some(sampled)));
            assert_eq!(
                read(&format!("{TRACE}:{SPAN}:0:{flags}")),
                expected,
                "{flags}"
            );
            assert_eq!(
                read(&format!("{TRACE}%3A{SPAN}%3A05e3%3A{flags}")),
                expected,
                "{flags}"
            );
        }
        let debug = parent(TRACE, SPAN, None).debugged();
        assert_eq!(read(&format!("{TRACE}:{SPAN}:0:3")), Some(debug));
    }

    #[test]
    fn short_ids_lack_zeros_on_the_left() {
        assert_eq!(read("a3ce:b7:0:1"), Some(parent("a3ce", "b7", Some(true))));
    }

    #[test]
    fn malformed_fields_tell_of_no_parent() {
        for bad in [
            "",
            ":::",
            TRACE,
            &format!("{TRACE}:{SPAN}:0"),
            &format!("{TRACE}:{SPAN}:0:"),
            &format!("{TRACE}:{SPAN}:0:001"),
            &format!("{TRACE}:{SPAN}:0:x"),
            &format!("{TRACE}:{SPAN}:0:1:"),
            &format!("0{TRACE}:{SPAN}:0:1"),
            &format!("{TRACE}:0{SPAN}:0:1"),
            &format!("0:{SPAN}:0:1"),
            &format!("{TRACE}:0:0:1"),
            &format!("{}:{SPAN}:0:1", TRACE.to_uppercase()),
        ] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }

    #[test]
    fn what_is_written_is_read_again() {
        let [no, yes] = [false, true].map(|sampled| parent(TRACE, SPAN, Some(sampled)));
        for (parent, flags) in [(no, 0), (yes, 1), (yes.debugged(), 3)] {
            let value = format!("{TRACE}:{SPAN}:0:{flags}");
            assert_eq!(read(&value), Some(parent));
            assert_eq!(injected("jaeger", parent), [("uber-trace-id", value)]);
        }
    }
}
