//! What requests are read to say, and what they are made to say.

mod cost;
mod documentation;
mod precedence;
mod properties;
mod service;
mod w3c_rules;
mod w3c_suite;

use super::*;

pub(super) const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
pub(super) const SPAN: &str = "00f067aa0ba902b7";

pub(super) fn propagators(list: &str) -> Propagators {
    Propagators::parse(list, |unknown| panic!("{unknown}"))
}

pub(super) fn received(list: &str, fields: &[(&str, &str)]) -> Received {
    let propagators = propagators(list);
    let mut received = Received::default();
    for (name, value) in fields {
        // Adapters tell names in lower case, whatever their case in the request.
        received.keep(&propagators, &name.to_lowercase(), value.as_bytes());
    }
    received
}

/// The parent that these fields tell of.
pub(super) fn extracted(list: &str, fields: &[(&str, &str)]) -> Option<Parent> {
    propagators(list).extract(&received(list, fields))
}

/// A parent with these ids in hex.
pub(super) fn parent(trace_id: &str, span_id: &str, sampled: Option<bool>) -> Parent {
    let trace_id = ids::trace_id(trace_id.as_bytes()).unwrap();
    let span_id = ids::span_id(span_id.as_bytes()).unwrap();
    Parent::new(trace_id, span_id, sampled)
}

/// The fields that tell of this parent, without state and baggage.
pub(super) fn injected(list: &str, parent: Parent) -> Vec<(&'static str, String)> {
    let outgoing = Outgoing {
        parent,
        trace_state: &TraceState::default(),
        baggage: &Baggage::default(),
    };
    sent(list, &outgoing)
}

pub(super) fn sent(list: &str, outgoing: &Outgoing<'_>) -> Vec<(&'static str, String)> {
    let mut fields = Vec::new();
    propagators(list).inject(outgoing, &mut |name, value| {
        fields.push((name, value.to_owned()));
    });
    fields
}
