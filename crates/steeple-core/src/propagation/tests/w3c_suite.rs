//! The cases of the [official suite](https://github.com/w3c/trace-context/blob/main/test/test.py), each by its name there.

use std::collections::BTreeSet;

use super::service::{SPAN, TRACE, Told, call, call_with, call_with_states, calls};

fn assert_continued(traceparents: &[&str]) {
    for traceparent in traceparents {
        let told = call_with(traceparent);
        assert!(
            told.is_continued() && told.span_id != SPAN,
            "{traceparent:?}"
        );
    }
}

fn assert_begun(traceparents: &[&str]) {
    for traceparent in traceparents {
        assert!(!call_with(traceparent).is_continued(), "{traceparent:?}");
    }
}

/// Asserts that the trace is continued with these members and no others.
fn assert_state(states: &[&str], expected: &[(&str, &str)]) {
    let told = call_with_states(states);
    assert!(told.is_continued(), "{states:?}");
    for (key, value) in expected {
        assert_eq!(told.state(key).as_deref(), Some(*value), "{states:?}");
    }
    let count = told.state.iter().flat_map(|state| state.split(',')).count();
    assert_eq!(count, expected.len(), "{states:?}");
}

/// Asserts that the trace is continued without a state.
fn assert_no_state(states: &[&str]) {
    assert_state(states, &[]);
}

/// How many ids the calls have.
fn distinct(calls: &[Told], id: impl Fn(&Told) -> &String) -> usize {
    BTreeSet::from_iter(calls.iter().map(id)).len()
}

#[test]
fn both_traceparent_and_tracestate_missing() {
    let told = call(&[]);
    assert_eq!((told.is_continued(), told.state), (false, None));
}

#[test]
fn traceparent_included_tracestate_missing() {
    assert_continued(&[&format!("00-{TRACE}-{SPAN}-01")]);
    assert_eq!(call_with(&format!("00-{TRACE}-{SPAN}-01")).state, None);
}

#[test]
fn traceparent_duplicated() {
    let first = format!("00-{}1-{SPAN}-01", &TRACE[..31]);
    let second = format!("00-{TRACE}-{SPAN}-01");
    let told = call(&[("traceparent", &first), ("traceparent", &second)]);
    assert!(!told.is_continued() && told.trace_id != first[3..35]);
}

#[test]
fn traceparent_header_name() {
    let value = format!("00-{TRACE}-{SPAN}-01");
    for name in ["trace-parent", "trace.parent"] {
        assert!(!call(&[(name, &value)]).is_continued(), "{name}");
    }
}

#[test]
fn traceparent_header_name_valid_casing() {
    let value = format!("00-{TRACE}-{SPAN}-01");
    for name in ["TraceParent", "TrAcEpArEnT", "TRACEPARENT"] {
        assert!(call(&[(name, &value)]).is_continued(), "{name}");
    }
}

#[test]
fn traceparent_version_0x00() {
    for rest in [".", "-what-the-future-will-be-like"] {
        assert_begun(&[&format!("00-{TRACE}-{SPAN}-01{rest}")]);
    }
}

#[test]
fn traceparent_version_0xcc() {
    for rest in ["", "-what-the-future-will-be-like"] {
        assert_continued(&[&format!("cc-{TRACE}-{SPAN}-01{rest}")]);
    }
    assert_begun(&[&format!(
        "cc-{TRACE}-{SPAN}-01.what-the-future-will-be-like"
    )]);
}

#[test]
fn traceparent_version_0xff() {
    assert_begun(&[&format!("ff-{TRACE}-{SPAN}-01")]);
}

#[test]
fn traceparent_version_illegal_characters() {
    for version in [".0", "0."] {
        assert_begun(&[&format!("{version}-{TRACE}-{SPAN}-01")]);
    }
}

#[test]
fn traceparent_version_too_long() {
    for version in ["000", "0000"] {
        assert_begun(&[&format!("{version}-{TRACE}-{SPAN}-01")]);
    }
}

#[test]
fn traceparent_version_too_short() {
    assert_begun(&[&format!("0-{TRACE}-{SPAN}-01")]);
}

#[test]
fn traceparent_trace_id_all_zero() {
    let zero = "0".repeat(32);
    assert_ne!(call_with(&format!("00-{zero}-{SPAN}-01")).trace_id, zero);
}

#[test]
fn traceparent_trace_id_illegal_characters() {
    for trace_id in [format!(".{}", &TRACE[1..]), format!("{}.", &TRACE[..31])] {
        let told = call_with(&format!("00-{trace_id}-{SPAN}-01"));
        assert_ne!(told.trace_id, trace_id);
    }
}

#[test]
fn traceparent_trace_id_too_long() {
    let told = call_with(&format!("00-{TRACE}3-{SPAN}-01"));
    assert!(!told.is_continued() && told.trace_id != format!("{}3", &TRACE[1..]));
}

#[test]
fn traceparent_trace_id_too_short() {
    let told = call_with(&format!("00-{}-{SPAN}-01", &TRACE[..31]));
    assert!(!told.trace_id.ends_with(&TRACE[..31]));
}

#[test]
fn traceparent_parent_id_all_zero() {
    assert_begun(&[&format!("00-{TRACE}-0000000000000000-01")]);
}

#[test]
fn traceparent_parent_id_illegal_characters() {
    for span_id in [format!(".{}", &SPAN[1..]), format!("{}.", &SPAN[..15])] {
        assert_begun(&[&format!("00-{TRACE}-{span_id}-01")]);
    }
}

#[test]
fn traceparent_parent_id_too_long() {
    assert_begun(&[&format!("00-{TRACE}-{SPAN}7-01")]);
}

#[test]
fn traceparent_parent_id_too_short() {
    assert_begun(&[&format!("00-{TRACE}-{}-01", &SPAN[..15])]);
}

#[test]
fn traceparent_trace_flags_illegal_characters() {
    for flags in [".0", "0."] {
        assert_begun(&[&format!("00-{TRACE}-{SPAN}-{flags}")]);
    }
}

#[test]
fn traceparent_trace_flags_too_long() {
    assert_begun(&[&format!("00-{TRACE}-{SPAN}-001")]);
}

#[test]
fn traceparent_trace_flags_too_short() {
    assert_begun(&[&format!("00-{TRACE}-{SPAN}-1")]);
}

#[test]
fn traceparent_ows_handling() {
    for (before, behind) in [(" ", ""), ("\t", ""), ("", " "), ("", "\t"), ("\t ", " \t")] {
        assert_continued(&[&format!("{before}00-{TRACE}-{SPAN}-01{behind}")]);
    }
}

#[test]
fn tracestate_included_traceparent_missing() {
    for state in ["foo=1", "foo=1,bar=2"] {
        assert_eq!(call(&[("tracestate", state)]).state, None);
    }
}

#[test]
fn tracestate_included_traceparent_included() {
    assert_state(&["foo=1,bar=2"], &[("foo", "1"), ("bar", "2")]);
}

#[test]
fn tracestate_header_name() {
    let traceparent = format!("00-{TRACE}-{SPAN}-00");
    for name in ["trace-state", "trace.state"] {
        let told = call(&[("traceparent", &traceparent), (name, "foo=1")]);
        assert_eq!((told.is_continued(), told.state), (true, None), "{name}");
    }
}

#[test]
fn tracestate_header_name_valid_casing() {
    let traceparent = format!("00-{TRACE}-{SPAN}-00");
    for name in ["TraceState", "TrAcEsTaTe", "TRACESTATE"] {
        let told = call(&[("traceparent", &traceparent), (name, "foo=1")]);
        assert_eq!(told.state.as_deref(), Some("foo=1"), "{name}");
    }
}

#[test]
fn tracestate_empty_header() {
    assert_no_state(&[""]);
    assert_state(&["foo=1", ""], &[("foo", "1")]);
    assert_state(&["", "foo=1"], &[("foo", "1")]);
}

#[test]
fn tracestate_multiple_headers_different_keys() {
    let told = call_with_states(&["foo=1,bar=2", "rojo=1,congo=2", "baz=3"]);
    assert_eq!(
        told.state.as_deref(),
        Some("foo=1,bar=2,rojo=1,congo=2,baz=3")
    );
}

#[test]
fn tracestate_duplicated_keys() {
    for states in [
        &["foo=1,foo=1"][..],
        &["foo=1,foo=2"],
        &["foo=1", "foo=1"],
        &["foo=1", "foo=2"],
    ] {
        assert_state(states, &[("foo", "1")]);
    }
}

#[test]
fn tracestate_all_allowed_characters() {
    let key = Vec::from_iter(('a'..='z').chain('0'..='9').chain("_-*/".chars()));
    let key = String::from_iter(key);
    let value = String::from_iter((' '..='~').filter(|character| !",=".contains(*character)));
    for key in [key.clone(), format!("{key}@a-z0-9_-*/")] {
        assert_state(&[&format!("{key}={value}")], &[(&key, &value)]);
    }
}

#[test]
fn tracestate_ows_handling() {
    let three = [("foo", "1"), ("bar", "2"), ("baz", "3")];
    assert_state(&["foo=1 \t , \t bar=2, \t baz=3"], &three);
    assert_state(&["foo=1\t \t,\t \tbar=2,\t \tbaz=3"], &three);
    for state in [" foo=1", "\tfoo=1", "foo=1 ", "foo=1\t", "\t foo=1 \t"] {
        assert_state(&[state], &[("foo", "1")]);
    }
}

#[test]
fn tracestate_key_illegal_characters() {
    for state in ["foo =1", "FOO=1", "foo.bar=1"] {
        assert_no_state(&[state]);
    }
}

#[test]
fn tracestate_key_illegal_vendor_format() {
    for key in ["foo@", "foo@@bar", "foo@bar@baz"] {
        assert_state(&[&format!("{key}=1,bar=2")], &[(key, "1"), ("bar", "2")]);
    }
    assert_no_state(&["@foo=1,bar=2"]);
}

#[test]
fn tracestate_member_count_limit() {
    let members = Vec::from_iter((1..=33).map(|number| format!("bar{number:02}={number:02}")));
    let fields =
        |count: usize| Vec::from_iter(members[..count].chunks(10).map(|members| members.join(",")));
    let told = |count| call_with_states(&Vec::from_iter(fields(count).iter().map(String::as_str)));
    assert_eq!(told(32).state, Some(members[..32].join(",")));
    assert_eq!((told(33).is_continued(), told(33).state), (true, None));
}

#[test]
fn tracestate_key_length_limit() {
    for key in [
        "z".repeat(256),
        format!("{}@{}", "t".repeat(241), "v".repeat(14)),
        format!("{}@v", "t".repeat(242)),
        format!("t@{}", "v".repeat(15)),
    ] {
        assert_state(
            &["foo=1", &format!("{key}=1")],
            &[("foo", "1"), (&key, "1")],
        );
    }
    assert_no_state(&["foo=1", &format!("{}=1", "z".repeat(257))]);
}

#[test]
fn tracestate_value_illegal_characters() {
    for state in ["foo=bar=baz", "foo=,bar=3"] {
        assert_no_state(&[state]);
    }
}

#[test]
fn multiple_requests_with_valid_traceparent() {
    let calls = calls(&[("traceparent", &format!("00-{TRACE}-{SPAN}-01"))], 3);
    assert!(calls.iter().all(Told::is_continued));
    assert_eq!(distinct(&calls, |told| &told.span_id), 3);
}

#[test]
fn multiple_requests_without_traceparent() {
    assert_eq!(distinct(&calls(&[], 3), |told| &told.span_id), 3);
}

#[test]
fn multiple_requests_with_illegal_traceparent() {
    let zero = "0".repeat(32);
    let calls = calls(&[("traceparent", &format!("00-{zero}-{SPAN}-01"))], 3);
    assert!(calls.iter().all(|told| told.trace_id != zero));
    assert_eq!(distinct(&calls, |told| &told.span_id), 3);
}

#[test]
fn propagates_random_flag() {
    assert_eq!(call_with(&format!("00-{TRACE}-{SPAN}-02")).flags, 0x02);
    assert_continued(&[&format!("00-{TRACE}-{SPAN}-02")]);
}
