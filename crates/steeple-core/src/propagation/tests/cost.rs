//! What requests cost once the buffers have room.

use super::*;

const ALL: &str = "tracecontext,baggage,b3,b3multi,jaeger,xray,ottrace,datadog,sentry";

#[test]
fn nothing_is_allocated_in_the_steady_state() {
    let propagators = propagators(ALL);
    let fields = [
        ("host", "shop.example".to_owned()),
        ("traceparent", format!("00-{TRACE}-{SPAN}-01")),
        ("tracestate", "congo=1, rojo=2".to_owned()),
        ("tracestate", "more=3".to_owned()),
        ("baggage", "user = alice; public, node=DF%2028".to_owned()),
        ("b3", format!("{TRACE}-{SPAN}-1")),
        ("uber-trace-id", format!("{TRACE}:{SPAN}:0:1")),
        ("x-datadog-tags", "_dd.p.tid=4bf92f3577b34da6".to_owned()),
    ];
    let mut received = Received::default();
    let (mut trace_state, mut baggage) = (TraceState::default(), Baggage::default());
    let mut request = || {
        received.clear();
        for (name, value) in &fields {
            received.keep(&propagators, name, value.as_bytes());
        }
        trace_state.replace(propagators.trace_state(&received, || propagators.extract(&received)));
        baggage.replace(received.baggage());
        let outgoing = Outgoing {
            parent: propagators.extract(&received).unwrap(),
            trace_state: &trace_state,
            baggage: &baggage,
        };
        let mut sent = 0;
        propagators.inject(&outgoing, &mut |_, value| sent += value.len());
        sent
    };
    let first = request();
    let next = allocation_counter::measure(|| assert_eq!(request(), first));
    assert_eq!(next.count_total, 0);
}

#[test]
fn a_request_with_long_lists_leaves_little_memory_behind() {
    let propagators = propagators(ALL);
    let long = format!("k={}", "x".repeat(8_190));
    let (mut received, mut baggage) = (Received::default(), Baggage::default());
    let left = allocation_counter::measure(|| {
        for name in ["tracestate", "baggage", "x-datadog-tags", "b3"] {
            received.keep(&propagators, name, long.as_bytes());
        }
        baggage.replace(received.baggage());
        assert_eq!(baggage.as_str(), long);
        received.clear();
        baggage.clear();
    });
    assert!(left.bytes_max > 3 * 8_192 && left.bytes_current <= 3 * 1_024);
}
