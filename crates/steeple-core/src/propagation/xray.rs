//! [`X-Amzn-Trace-Id`](https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader), that of
//! AWS X-Ray: `Root=1-TIME-REST;Parent=SPAN;Sampled=1`.

use super::{
    header::Header,
    ids,
    outgoing::{Outgoing, Set},
    parent::Parent,
    received::Received,
    value::Value,
};
use crate::trace_context::TraceId;

pub(super) const HEADERS: &[Header] = &[Header::AmznTraceId];

/// Reads the three in any order, whatever stands between them. Without `Parent`, as load balancers send it, there is none.
pub(super) fn extract(received: &Received) -> Option<Parent> {
    let value = received.value(Header::AmznTraceId)?;
    let (mut root, mut span, mut sampled) = (None, None, None);
    for field in value.split(|byte| *byte == b';').map(<[u8]>::trim_ascii) {
        if let Some(value) = field.strip_prefix(b"Root=") {
            root = Some(value);
        } else if let Some(value) = field.strip_prefix(b"Parent=") {
            span = Some(value);
        } else if let Some(value) = field.strip_prefix(b"Sampled=") {
            sampled = match value {
                b"1" => Some(true),
                b"0" => Some(false),
                // `?`: whoever gets the request decides.
                _ => None,
            };
        }
    }
    let span_id = span.filter(|digits| digits.len() == 16)?;
    Some(Parent::new(
        trace_id(root?)?,
        ids::span_id(span_id)?,
        sampled,
    ))
}

/// Reads version 1: the seconds when the trace began in 8 digits, and 24 others.
fn trace_id(root: &[u8]) -> Option<TraceId> {
    let (time, rest) = root.strip_prefix(b"1-")?.split_at_checked(8)?;
    let rest = rest.strip_prefix(b"-").filter(|rest| rest.len() == 24)?;
    let mut digits = [0; 32];
    digits[..8].copy_from_slice(time);
    digits[8..].copy_from_slice(rest);
    ids::trace_id(&digits)
}

pub(super) fn inject(outgoing: &Outgoing<'_>, set: &mut Set<'_>) {
    let parent = &outgoing.parent;
    let value = Value::EMPTY
        .text("Root=1-")
        .hex::<8>(parent.trace() >> 96)
        .text("-")
        .hex::<24>(parent.trace())
        .text(";Parent=")
        .hex::<16>(parent.span().into());
    let value = match parent.sampled {
        Some(true) => value.text(";Sampled=1"),
        Some(false) => value.text(";Sampled=0"),
        None => value,
    };
    set(Header::AmznTraceId.name(), value.as_str());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::propagation::tests::{extracted, injected, parent};

    const TRACE: &str = "5759e988bd862e3fe1be46a994272793";
    const ROOT: &str = "Root=1-5759e988-bd862e3fe1be46a994272793";
    const SPAN: &str = "53995c3f42cd8ad8";

    fn read(value: &str) -> Option<Parent> {
        extracted("xray", &[("X-Amzn-Trace-Id", value)])
    }

    #[test]
    fn a_field_is_read_in_any_order() {
        for (value, sampled) in [
            (format!("{ROOT};Parent={SPAN};Sampled=1"), Some(true)),
            (format!("Sampled=0; Parent={SPAN}; {ROOT}"), Some(false)),
            (format!("{ROOT};Parent={SPAN};Sampled=?"), None),
            (
                format!("Self=1-67891234-0;{ROOT};Parent={SPAN};Lineage=a:0"),
                None,
            ),
        ] {
            assert_eq!(read(&value), Some(parent(TRACE, SPAN, sampled)), "{value}");
        }
    }

    #[test]
    fn malformed_fields_tell_of_no_parent() {
        for bad in [
            "",
            ROOT,
            &format!("{ROOT};Sampled=1"),
            &format!("Parent={SPAN};Sampled=1"),
            &format!("{ROOT};Parent={}", &SPAN[1..]),
            &format!("{ROOT};Parent=0000000000000000"),
            &format!("Root=2-5759e988-bd862e3fe1be46a994272793;Parent={SPAN}"),
            &format!("Root=1-5759e988bd862e3fe1be46a994272793;Parent={SPAN}"),
            &format!("Root=1-5759e98-8bd862e3fe1be46a994272793;Parent={SPAN}"),
            &format!("{ROOT}0;Parent={SPAN}"),
            &format!("{};Parent={SPAN}", &ROOT[..ROOT.len() - 1]),
            &format!("Root=1-5759E988-bd862e3fe1be46a994272793;Parent={SPAN}"),
            &format!("Root=1-00000000-000000000000000000000000;Parent={SPAN}"),
        ] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }

    #[test]
    fn what_is_written_is_read_again() {
        for (sampled, text) in [
            (Some(true), ";Sampled=1"),
            (Some(false), ";Sampled=0"),
            (None, ""),
        ] {
            let parent = parent(TRACE, SPAN, sampled);
            let value = format!("{ROOT};Parent={SPAN}{text}");
            assert_eq!(read(&value), Some(parent));
            assert_eq!(injected("xray", parent), [("x-amzn-trace-id", value)]);
        }
    }
}
