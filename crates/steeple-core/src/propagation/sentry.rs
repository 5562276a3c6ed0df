//! [`sentry-trace`](https://develop.sentry.dev/sdk/foundations/trace-propagation/), that of Sentry's SDKs: `TRACE-SPAN` or
//! `TRACE-SPAN-1`. What else they tell each other is in `baggage`.

use super::{
    header::Header,
    ids,
    outgoing::{Outgoing, Set},
    parent::Parent,
    received::Received,
    value::Value,
};

pub(super) const HEADERS: &[Header] = &[Header::SentryTrace];

pub(super) fn extract(received: &Received) -> Option<Parent> {
    let value = received.value(Header::SentryTrace)?;
    let (trace_id, rest) = value.split_at_checked(32)?;
    let (span_id, sampled) = rest.strip_prefix(b"-")?.split_at_checked(16)?;
    let sampled = match sampled {
        b"" => None,
        b"-1" => Some(true),
        b"-0" => Some(false),
        _ => return None,
    };
    Some(Parent::new(
        ids::trace_id(trace_id)?,
        ids::span_id(span_id)?,
        sampled,
    ))
}

pub(super) fn inject(outgoing: &Outgoing<'_>, set: &mut Set<'_>) {
    let parent = &outgoing.parent;
    let value = Value::EMPTY.ids(parent, "-");
    let value = match parent.sampled {
        Some(true) => value.text("-1"),
        Some(false) => value.text("-0"),
        None => value,
    };
    set(Header::SentryTrace.name(), value.as_str());
}

#[cfg(test)]
mod tests {
    use crate::propagation::tests::{SPAN, TRACE, extracted, injected, parent};

    #[test]
    fn what_is_written_is_read_again() {
        for (sampled, text) in [(Some(true), "-1"), (Some(false), "-0"), (None, "")] {
            let parent = parent(TRACE, SPAN, sampled);
            let value = format!("{TRACE}-{SPAN}{text}");
            assert_eq!(
                extracted("sentry", &[("sentry-trace", &value)]),
                Some(parent)
            );
            assert_eq!(injected("sentry", parent), [("sentry-trace", value)]);
        }
    }

    #[test]
    fn malformed_fields_tell_of_no_parent() {
        for bad in [
            "",
            TRACE,
            &format!("{TRACE}-{}", &SPAN[1..]),
            &format!("{TRACE}{SPAN}-1"),
            &format!("{TRACE}-{SPAN}-"),
            &format!("{TRACE}-{SPAN}-2"),
            &format!("{TRACE}-{SPAN}-1-"),
            &format!("{}-{SPAN}-1", TRACE.to_uppercase()),
            &format!("{}-{SPAN}-1", "0".repeat(32)),
            &format!("{TRACE}-0000000000000000-1"),
        ] {
            assert_eq!(extracted("sentry", &[("sentry-trace", bad)]), None, "{bad}");
        }
    }
}
