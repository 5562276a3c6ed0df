//! Which format decides where several tell of a parent.

use super::*;

const OTHER: &str = "80f198ee56343ba864fe8b2a57d3eff7";

fn fields() -> [(&'static str, String); 3] {
    [
        ("traceparent", format!("00-{TRACE}-{SPAN}-01")),
        ("tracestate", "congo=1".to_owned()),
        ("b3", format!("{OTHER}-{SPAN}-0")),
    ]
}

fn trace_of(list: &str, fields: &[(&str, String)]) -> (Option<String>, String) {
    let fields: Vec<_> = fields
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    let received = received(list, &fields);
    let parent = propagators(list).extract(&received);
    let state = propagators(list).trace_state(&received, || parent).to_vec();
    (
        parent.map(|parent| parent.trace_id.to_string()),
        String::from_utf8(state).unwrap(),
    )
}

#[test]
fn the_first_propagator_that_tells_a_parent_decides() {
    let (trace, state) = trace_of("tracecontext,b3", &fields());
    assert_eq!((trace.as_deref(), &*state), (Some(TRACE), "congo=1"));
    let (trace, state) = trace_of("b3,tracecontext", &fields());
    assert_eq!((trace.as_deref(), &*state), (Some(OTHER), ""));
}

#[test]
fn the_order_of_the_fields_decides_nothing() {
    let mut fields = fields();
    fields.reverse();
    assert_eq!(
        trace_of("tracecontext,b3", &fields).0.as_deref(),
        Some(TRACE)
    );
}

#[test]
fn a_format_that_is_malformed_or_missing_leaves_it_to_the_next() {
    let mut malformed = fields();
    malformed[0].1 = format!("00-{TRACE}-{SPAN}-01-more");
    for fields in [&malformed[..], &malformed[1..]] {
        let (trace, state) = trace_of("tracecontext,b3", fields);
        assert_eq!((trace.as_deref(), &*state), (Some(OTHER), ""));
    }
    let mut malformed = fields();
    malformed[2].1 = format!("{OTHER}-{SPAN}-x");
    let (trace, state) = trace_of("b3,tracecontext", &malformed);
    assert_eq!((trace.as_deref(), &*state), (Some(TRACE), "congo=1"));
}

#[test]
fn a_format_that_is_not_asked_for_decides_nothing() {
    assert_eq!(trace_of("jaeger,baggage", &fields()), (None, String::new()));
    assert_eq!(trace_of("none", &fields()), (None, String::new()));
}

#[test]
fn a_request_that_goes_out_is_told_in_all_formats() {
    let all = "tracecontext,baggage,b3,b3multi,jaeger,xray,ottrace,datadog,sentry";
    let parent = parent(TRACE, SPAN, Some(true));
    let names: Vec<_> = injected(all, parent)
        .into_iter()
        .map(|(name, _)| name)
        .collect();
    assert_eq!(
        names,
        [
            "traceparent",
            "b3",
            "x-b3-traceid",
            "x-b3-spanid",
            "x-b3-sampled",
            "uber-trace-id",
            "x-amzn-trace-id",
            "ot-tracer-traceid",
            "ot-tracer-spanid",
            "ot-tracer-sampled",
            "x-datadog-trace-id",
            "x-datadog-parent-id",
            "x-datadog-sampling-priority",
            "x-datadog-tags",
            "sentry-trace",
        ]
    );
    assert_eq!(injected("none", parent), []);
}
