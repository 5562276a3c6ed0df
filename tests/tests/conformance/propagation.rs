//! What callers tell of the trace, and what callees are told.

use steeple::{
    Outcome,
    core::{Sampler, TraceConfig, Trust},
};

use crate::{
    adapter::Adapter,
    expected::{seen, success},
    stage::Stage,
};

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const SPAN: &str = "00f067aa0ba902b7";
const TRACEPARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

pub(crate) fn a_trace_is_continued(adapter: &impl Adapter) {
    let stage = Stage::new(adapter);
    stage.send("GET", "/ok", &[("traceparent", TRACEPARENT)], "");
    let full = stage.settles(success());
    assert_eq!(full.trace_id, "4bf92f3577b34da6a3ce929d0e0e4736");
    assert_eq!(full.parent_span_id.as_deref(), Some("00f067aa0ba902b7"));
    assert!(full.sampled);
}

pub(crate) fn what_a_caller_tells_is_told_on_and_back(adapter: &impl Adapter) {
    let stage = Stage::traced(adapter);
    let headers = [
        ("traceparent", TRACEPARENT),
        ("tracestate", "rojo=1"),
        ("tracestate", "congo=2"),
        ("baggage", "user=alice"),
    ];
    let answer = stage.send("GET", "/propagated", &headers, "");
    let size = answer.content().len() as u64;
    let full = stage.settles(seen("/propagated", 200, size, Outcome::Success));
    let place = format!("00-{}-{}-01", full.trace_id, full.span_id);
    assert_eq!(full.parent_span_id.as_deref(), Some("00f067aa0ba902b7"));
    let told = [
        &*format!("traceparent: {place}"),
        "tracestate: rojo=1,congo=2",
        "baggage: user=alice,greeted=alice",
    ];
    assert_eq!(str::from_utf8(&answer.content()), Ok(&*told.join("\n")));
    // Besides what the handler says there itself.
    for timing in ["db;dur=5", &format!("traceparent;desc=\"{place}\"")] {
        let line = format!("server-timing: {timing}");
        let mut lines = answer.head.lines();
        assert!(lines.any(|head| head == line), "{line}: {}", answer.head);
    }
}

pub(crate) fn what_is_told_on_is_continued_by_the_callee(adapter: &impl Adapter) {
    let (caller, callee) = (Stage::traced(adapter), Stage::traced(adapter));
    let answer = caller.send("GET", "/propagated", &[("baggage", "user=alice")], "");
    let told = String::from_utf8(answer.content()).unwrap();
    let fields: Vec<_> = told
        .lines()
        .filter_map(|line| line.split_once(": "))
        .collect();
    callee.send("GET", "/propagated", &fields, "");
    let (of_caller, of_callee) = (caller.records.next(), callee.records.next());
    assert_eq!(of_caller.parent_span_id, None);
    assert_eq!(of_callee.trace_id, of_caller.trace_id);
    assert_eq!(of_callee.parent_span_id, Some(of_caller.span_id));
}

/// Cases of the [official suite](https://github.com/w3c/trace-context/blob/main/test/test.py) in which servers could have a say;
/// all of them are tests of `steeple-core`.
pub(crate) fn what_a_caller_tells_is_read_as_the_official_suite_asks(adapter: &impl Adapter) {
    let stage = Stage::traced(adapter);
    let other = format!("00-{}-{SPAN}-01", TRACE.replace('4', "5"));
    let of = |version: &str, rest: &str| format!("{version}-{TRACE}-{SPAN}-01{rest}");
    let members = |range: std::ops::RangeInclusive<u32>| {
        let members = range.map(|number| format!("bar{number}=1"));
        members.collect::<Vec<_>>().join(",")
    };
    let begun = None;
    let continued = |state| Some(state);
    for (traceparents, states, expected) in [
        (vec![], vec!["foo=1"], begun),
        (vec![other.clone(), of("00", "")], vec![], begun),
        (vec![of("00", "-what-the-future")], vec![], begun),
        (vec![of("ff", "")], vec![], begun),
        (vec![of("000", "")], vec![], begun),
        (vec![of("+0", "")], vec![], begun),
        (vec![of("cc", ".what-the-future")], vec![], begun),
        (vec![of("cc", "-what-the-future")], vec![], continued("")),
        (vec![of("00", "").to_uppercase()], vec![], begun),
        (
            vec![of("00", "").replace(SPAN, "0000000000000000")],
            vec![],
            begun,
        ),
        (
            vec![of("00", "").replace(TRACE, &TRACE[1..])],
            vec![],
            begun,
        ),
        (vec![of("00", "")], vec!["", "foo=1"], continued("foo=1")),
        (
            vec![of("00", "")],
            vec!["foo=1,bar=2", "rojo=1"],
            continued("foo=1,bar=2,rojo=1"),
        ),
        (
            vec![of("00", "")],
            vec!["foo=1", "foo=2"],
            continued("foo=1"),
        ),
        (vec![of("00", "")], vec!["foo.bar=1"], continued("")),
        (
            vec![of("00", "")],
            vec![&members(1..=32)],
            continued(&*members(1..=32)),
        ),
        (
            vec![of("00", "")],
            vec![&members(1..=16), &members(17..=33)],
            continued(""),
        ),
    ] {
        let parents = traceparents
            .iter()
            .map(|value| ("traceparent", value.as_str()));
        let states = states.iter().map(|value| ("tracestate", *value));
        let headers: Vec<_> = parents.chain(states).collect();
        let answer = stage.send("GET", "/propagated", &headers, "");
        let full = stage.records.next();
        let told = String::from_utf8(answer.content()).unwrap();
        let field = |name: &str| told.lines().find_map(|line| line.strip_prefix(name));

        assert_eq!(full.trace_id == TRACE, expected.is_some(), "{headers:?}");
        assert_ne!(full.trace_id, other[3..35], "{headers:?}");
        let parent = expected.map(|_| SPAN);
        assert_eq!(full.parent_span_id.as_deref(), parent, "{headers:?}");
        let state = field("tracestate: ").unwrap_or_default();
        assert_eq!(state, expected.unwrap_or_default(), "{headers:?}");
        let place = format!("00-{}-{}-", full.trace_id, full.span_id);
        let traceparent = field("traceparent: ").unwrap();
        assert!(
            traceparent.starts_with(&place),
            "{headers:?}: {traceparent}"
        );
    }
}

pub(crate) fn a_trusted_network_has_traces_recorded_where_addresses_are_known(
    adapter: &impl Adapter,
) {
    let knows_addresses = adapter.traits().knows_addresses;
    for (network, is_recorded) in [("127.0.0.0/8", knows_addresses), ("10.0.0.0/8", false)] {
        let config = TraceConfig::new()
            .sampler(Sampler::always_off().parent_based())
            .trust(Trust::networks([network.parse().unwrap()]));
        let stage = Stage::tracing(adapter, config);
        stage.send("GET", "/ok", &[("traceparent", TRACEPARENT)], "");
        let full = stage.settles(success());
        assert_eq!(
            (&*full.trace_id, full.sampled),
            (TRACE, is_recorded),
            "{network}"
        );
    }
}

pub(crate) fn a_spawned_task_keeps_the_trace_where_it_is_carried(adapter: &impl Adapter) {
    let stage = Stage::traced(adapter);
    let answer = stage.send("GET", "/spawned", &[("traceparent", TRACEPARENT)], "");
    let size = answer.content().len() as u64;
    let full = stage.settles(seen("/spawned", 200, size, Outcome::Success));
    assert_eq!(full.trace_id, TRACE);
    let carried = format!(
        "carried: 00-{TRACE}-{}-01, not carried: nothing",
        full.span_id
    );
    assert_eq!(str::from_utf8(&answer.content()), Ok(&*carried));
}
