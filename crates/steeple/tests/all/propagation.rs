//! What callers tell of their traces, where nobody records any.

use steeple::{
    Steeple,
    core::{Headers, HttpVersion, Propagators, RequestHead},
    current,
};

use crate::process;

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

struct Caller;

impl Headers for Caller {
    fn visit(&self, f: &mut dyn FnMut(&str, &[u8])) {
        let traceparent = format!("00-{TRACE}-00f067aa0ba902b7-00");
        f("traceparent", traceparent.as_bytes());
        f("baggage", b"user=alice");
    }
}

/// The header fields that go out from a request.
fn told_on(steeple: &Steeple) -> Vec<String> {
    let mut observation = steeple.observer().start(&RequestHead {
        method: "GET",
        scheme: None,
        version: HttpVersion::Http11,
        route: None,
        headers: &Caller,
        body_size: Some(0),
        details: &Default::default,
    });
    let mut told = Vec::new();
    let injected = observation.run(|| {
        current::inject(&mut |name, value| told.push(format!("{name}: {value}")));
    });
    assert!(injected.is_ok());
    told
}

fn is_as_it_came(field: &str) -> bool {
    field.starts_with(&format!("traceparent: 00-{TRACE}-")) && field.ends_with("-00")
}

#[test]
fn what_code_configures_is_passed_on_as_it_came() {
    let steeple = Steeple::builder("shop")
        .private()
        .without_ops()
        .traces(|traces| traces.propagators(Propagators::parse("tracecontext,baggage", |_| {})))
        .build()
        .unwrap();
    let told = told_on(&steeple);
    assert!(is_as_it_came(&told[0]), "{told:?}");
    assert_eq!(told[1..], ["baggage: user=alice"]);
}

#[test]
fn the_operator_says_in_which_formats() {
    let environment = [("OTEL_PROPAGATORS", "tracecontext,b3")];
    let ended = process::run(&environment, || {
        let steeple = Steeple::builder("shop").without_ops().build().unwrap();
        let told = told_on(&steeple);
        assert!(is_as_it_came(&told[0]), "{told:?}");
        assert!(told[1].starts_with(&format!("b3: {TRACE}-")), "{told:?}");
        assert_eq!(told.len(), 2);
    });
    assert!(ended.is_none_or(|ended| ended.success));
}

#[test]
fn what_is_switched_off_passes_on_all_the_same() {
    let environment = [("OTEL_SDK_DISABLED", "true")];
    let ended = process::run(&environment, || {
        let steeple = Steeple::builder("shop").build().unwrap();
        let told = told_on(&steeple);
        assert!(is_as_it_came(&told[0]), "{told:?}");
        assert_eq!(told[1..], ["baggage: user=alice"]);
    });
    assert!(ended.is_none_or(|ended| ended.success));
}

#[test]
fn what_cannot_start_passes_on_as_code_configures_it() {
    let cannot_start = Steeple::builder("shop")
        .private()
        .ops(|ops| ops.address(([0, 0, 0, 0], 0).into()))
        .traces(|traces| traces.propagators(Propagators::parse("tracecontext,b3", |_| {})));
    let told = told_on(&cannot_start.build_or_disabled());
    assert!(is_as_it_came(&told[0]), "{told:?}");
    assert!(told[1].starts_with(&format!("b3: {TRACE}-")), "{told:?}");
    assert_eq!(told.len(), 2);
}

#[test]
fn what_cannot_start_passes_on_as_the_operator_says() {
    let environment = [
        ("OTEL_PROPAGATORS", "tracecontext,b3"),
        ("OTEL_EXPORTER_PROMETHEUS_PORT", "http"),
    ];
    let ended = process::run(&environment, || {
        let steeple = Steeple::builder("shop")
            .traces(|traces| traces.propagators(Propagators::parse("jaeger", |_| {})))
            .build_or_disabled();
        let told = told_on(&steeple);
        assert!(is_as_it_came(&told[0]), "{told:?}");
        assert!(told[1].starts_with(&format!("b3: {TRACE}-")), "{told:?}");
        assert_eq!(told.len(), 2);
    });
    assert!(ended.is_none_or(|ended| ended.success));
}
