//! A service that calls others while it handles a request, in W3C trace context.

use super::*;

pub(super) const TRACE: &str = "12345678901234567890123456789012";
pub(super) const SPAN: &str = "1234567890123456";

/// What a callee is told.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Told {
    pub(super) trace_id: String,
    pub(super) span_id: String,
    pub(super) flags: u8,
    /// The `tracestate` field, if there is one.
    pub(super) state: Option<String>,
}

impl Told {
    pub(super) fn is_continued(&self) -> bool {
        self.trace_id == TRACE
    }

    /// The value of a key of the `tracestate`.
    pub(super) fn state(&self, key: &str) -> Option<String> {
        let mut state = TraceState::default();
        state.replace(self.state.as_deref()?.as_bytes());
        state.get(key).map(str::to_owned)
    }
}

/// Handles a request with these fields by that many calls.
pub(super) fn calls(fields: &[(&str, &str)], count: usize) -> Vec<Told> {
    let received = received("tracecontext", fields);
    let propagators = propagators("tracecontext");
    let parent = propagators.extract(&received);
    let mut state = TraceState::default();
    state.replace(propagators.trace_state(&received, || propagators.extract(&received)));
    let trace_id = format!("{:032x}", fastrand::u128(1..));
    let begun = super::parent(&trace_id, SPAN, None);
    let call = |_| {
        let span_id = format!("{:016x}", fastrand::u64(1..));
        let outgoing = Outgoing {
            parent: Parent {
                span_id: ids::span_id(span_id.as_bytes()).unwrap(),
                ..parent.unwrap_or(begun)
            },
            trace_state: &state,
            baggage: &Baggage::default(),
        };
        read(&sent("tracecontext", &outgoing))
    };
    (0..count).map(call).collect()
}

pub(super) fn call(fields: &[(&str, &str)]) -> Told {
    calls(fields, 1).remove(0)
}

/// Handles a request with a `traceparent` alone.
pub(super) fn call_with(traceparent: &str) -> Told {
    call(&[("traceparent", traceparent)])
}

/// Handles a request with a valid `traceparent` and these `tracestate` fields.
pub(super) fn call_with_states(states: &[&str]) -> Told {
    let traceparent = format!("00-{TRACE}-{SPAN}-00");
    let mut fields = vec![("traceparent", &*traceparent)];
    fields.extend(states.iter().map(|state| ("tracestate", *state)));
    call(&fields)
}

/// Reads by the grammar of the specification what a callee is told.
fn read(fields: &[(&str, String)]) -> Told {
    let values = |wanted: &str| {
        let named = fields.iter().filter(|(name, _)| *name == wanted);
        Vec::from_iter(named.map(|(_, value)| value.as_str()))
    };
    let [traceparent] = values("traceparent")[..] else {
        panic!("not one traceparent: {fields:?}");
    };
    let parts: Vec<_> = traceparent.split('-').collect();
    let [version, trace_id, span_id, flags] = parts[..] else {
        panic!("not four parts: {traceparent}");
    };
    let lower_hex = |text: &str| {
        text.bytes()
            .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    };
    assert_eq!(
        (version, trace_id.len(), span_id.len(), flags.len()),
        ("00", 32, 16, 2)
    );
    assert!(parts.iter().all(|part| lower_hex(part)), "{traceparent}");
    for id in [trace_id, span_id] {
        assert!(id.contains(|digit| digit != '0'), "{traceparent}");
    }
    let states = values("tracestate");
    assert!(states.len() <= 1 && !states.contains(&""), "{fields:?}");
    Told {
        trace_id: trace_id.to_owned(),
        span_id: span_id.to_owned(),
        flags: u8::from_str_radix(flags, 16).unwrap(),
        state: states.first().map(|state| (*state).to_owned()),
    }
}
