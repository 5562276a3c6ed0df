//! The rules of [trace context](https://www.w3.org/TR/trace-context-2/) that parsers get wrong, each with what it asks for.

use super::service::{SPAN, TRACE, call};

/// What a callee is told of the trace.
#[derive(Debug, PartialEq, Eq)]
enum Trace {
    /// It goes on, with these flags and this state.
    Continues(u8, Option<String>),
    /// Another begins.
    Begins,
}

use Trace::{Begins, Continues};

/// What a callee is told when a request has these fields.
fn trace(fields: &[(&str, &str)]) -> Trace {
    let told = call(fields);
    if told.is_continued() {
        return Continues(told.flags, told.state);
    }
    assert_eq!(told.state, None, "the state of a trace that was left");
    Begins
}

/// Asserts it of requests that have a `traceparent` and a `tracestate`.
fn parents(rule: &str, cases: &[(String, Trace)]) {
    for (traceparent, expected) in cases {
        assert_eq!(
            trace(&[("traceparent", traceparent), ("tracestate", "congo=1")]),
            *expected,
            "{rule}: {traceparent:?}"
        );
    }
}

/// Asserts it of requests that continue a trace with these `tracestate` fields.
fn states(rule: &str, cases: &[(&[&str], Option<&str>)]) {
    let traceparent = format!("00-{TRACE}-{SPAN}-01");
    for (states, expected) in cases {
        let mut fields = vec![("traceparent", &*traceparent)];
        fields.extend(states.iter().map(|state| ("tracestate", *state)));
        let expected = Continues(1, expected.map(str::to_owned));
        assert_eq!(trace(&fields), expected, "{rule}: {states:?}");
    }
}

fn continues(flags: u8) -> Trace {
    Continues(flags, Some("congo=1".to_owned()))
}

#[test]
fn of_the_caller_s_span() {
    let with = |version: &str, trace_id: &str, span_id: &str, flags: &str| {
        format!("{version}-{trace_id}-{span_id}-{flags}")
    };
    let flags = |flags: &str| with("00", TRACE, SPAN, flags);
    let version = |version: &str, rest: &str| with(version, TRACE, SPAN, "01") + rest;
    parents(
        "1: widths are 2-32-16-2, digits lower-case hex",
        &[
            (flags("01"), continues(1)),
            (with("0", TRACE, SPAN, "01"), Begins),
            (with("00", &TRACE[1..], SPAN, "01"), Begins),
            (with("00", TRACE, &SPAN[1..], "01"), Begins),
            (with("00", &format!("{TRACE}0"), &SPAN[1..], "01"), Begins),
            (flags("1"), Begins),
            (with("00", &format!("A{}", &TRACE[1..]), SPAN, "01"), Begins),
            (with("00", TRACE, &format!("{}F", &SPAN[1..]), "01"), Begins),
            (flags("0A"), Begins),
            (with("00", &format!("+{}", &TRACE[1..]), SPAN, "01"), Begins),
            (with("00", TRACE, &format!("-{}", &SPAN[1..]), "01"), Begins),
            (flags("+1"), Begins),
            (flags("01").replace('-', "_"), Begins),
        ],
    );
    parents(
        "2: ids are not all zero",
        &[
            (with("00", &"0".repeat(32), SPAN, "01"), Begins),
            (with("00", TRACE, &"0".repeat(16), "01"), Begins),
        ],
    );
    parents(
        "3: version ff is invalid",
        &[(version("ff", ""), Begins), (version("ff", "-x"), Begins)],
    );
    parents(
        "4: nothing follows version 00",
        &[
            (version("00", "-"), Begins),
            (version("00", "-x"), Begins),
            (version("00", "0"), Begins),
        ],
    );
    parents(
        "5: of a higher version 55 characters are read, and it becomes 00",
        &[
            (version("01", ""), continues(1)),
            (version("fe", "-"), continues(1)),
            (version("cc", "-what-comes"), continues(1)),
            (version("01", "x"), Begins),
            (version("01", "0-x"), Begins),
            (version("01", "")[..54].to_owned(), Begins),
            (version("0g", ""), Begins),
        ],
    );
    parents(
        "7, 8: flags are bits, of which the two that are known go on",
        &[
            (flags("00"), continues(0)),
            (flags("01"), continues(1)),
            (flags("02"), continues(2)),
            (flags("03"), continues(3)),
            (flags("ff"), continues(3)),
            (flags("fc"), continues(0)),
            (with("cc", TRACE, SPAN, "ff"), continues(3)),
        ],
    );
    parents(
        "15: white space around a field means nothing",
        &[(format!("\t {} ", flags("01")), continues(1))],
    );
}

#[test]
fn of_several_spans() {
    let traceparent = format!("00-{TRACE}-{SPAN}-01");
    for other in [&*traceparent, "00-what", ""] {
        for fields in [[other, &traceparent], [&traceparent, other]] {
            let fields = fields.map(|value| ("traceparent", value));
            assert_eq!(
                trace(&fields),
                Begins,
                "6: a second traceparent makes both unusable: {other:?}"
            );
        }
    }
}

#[test]
fn of_the_state() {
    let list = |count| Vec::from_iter((0..count).map(|number| format!("k{number}=v"))).join(",");
    let key = "k".repeat(256);
    let long_key = format!("{key}=v");
    let too_long_key = format!("k{key}=v");
    states(
        "9: a malformed state leaves the parent as it is",
        &[
            (&["congo"], None),
            (&["congo=1", "=2"], None),
            (&["\u{e4}=1"], None),
        ],
    );
    states(
        "10: fields are one list in their order",
        &[
            (&["a=1", "b=2,c=3", "d=4"], Some("a=1,b=2,c=3,d=4")),
            (&["b=2", "a=1"], Some("b=2,a=1")),
        ],
    );
    states(
        "11: 32 members, each key once, as the grammar has them",
        &[
            (&[&list(32)], Some(&list(32))),
            (&[&list(33)], None),
            (&[&list(16), "x=1", &list(16).replace('k', "l")], None),
            (&["a=1,b=2,a=3"], Some("a=1,b=2")),
            (&["a=1", "a=1"], Some("a=1")),
            (&["0a@_-*/=1"], Some("0a@_-*/=1")),
            (&["_a=1"], None),
            (&["A=1"], None),
            (&[&long_key], Some(&long_key)),
            (&[&too_long_key], None),
            (&["a=  1 2 "], Some("a=  1 2")),
            (&["a=1\t2"], None),
            (&["a=1=2"], None),
            (&["a="], None),
        ],
    );
    states(
        "12: empty members are read, and an empty field is not sent",
        &[
            (&[""], None),
            (&[" ,\t, "], None),
            (&["a=1,,b=2,"], Some("a=1,b=2")),
            (&["", "a=1", ""], Some("a=1")),
        ],
    );
    states(
        "15: white space around members means nothing",
        &[(&["\t a=1 ,\tb=2 \t"], Some("a=1,b=2"))],
    );
}

#[test]
fn of_a_state_that_is_too_long() {
    let member = |key: &str, length: usize| format!("{key}={}", "v".repeat(length - 1 - key.len()));
    let small = |range: std::ops::Range<usize>| {
        Vec::from_iter(range.map(|number| member(&format!("k{number:02}"), 100)))
    };
    let large = member("large", 129);
    let rule = "13: whole members go, those of more than 128 characters first, and 512 are left";
    let mixed = [small(0..5), vec![large], small(5..9)].concat().join(",");
    states(
        rule,
        &[
            (&[&small(0..10).join(",")], Some(&small(0..10).join(","))),
            (&[&small(0..30).join(",")], Some(&small(0..10).join(","))),
            (&[&mixed], Some(&small(0..9).join(","))),
        ],
    );
    // The longest members there are: one of them is more than has to be left.
    let longest = |key: &str| format!("{key}{}={}", "k".repeat(255), "v".repeat(256));
    states(
        rule,
        &[(&[&longest("a"), &longest("b")], Some(&longest("a")))],
    );
    assert_eq!(longest("a").len(), 513);
}

#[test]
fn of_a_trace_that_begins_anew() {
    let rule = "9, 14: who does not continue a trace drops its state";
    for fields in [
        &[("tracestate", "congo=1")][..],
        &[("tracestate", "congo=1"), ("traceparent", "00-what")],
    ] {
        assert_eq!(trace(fields), Begins, "{rule}");
    }
}

#[test]
fn of_the_random_flag() {
    let flags = |traceparent: &str| call(&[("traceparent", traceparent)]).flags;
    let rule = "8: it is propagated and not invented";
    assert_eq!(flags(&format!("00-{TRACE}-{SPAN}-02")), 2, "{rule}");
    assert_eq!(flags(&format!("00-{TRACE}-{SPAN}-01")), 1, "{rule}");
}
