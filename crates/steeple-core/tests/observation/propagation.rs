//! What requests tell of their traces, and what those are told that are called from them.

use std::{
    pin::pin,
    sync::{Arc, Mutex},
    task::{Context, Poll, Waker},
    thread,
};

use steeple_core::{
    FieldNames, Headers, HttpVersion, Observation, Observer, Propagators, RequestHead,
    RequestRecord, ResponseTrace, RoutePolicy, Sampler, TraceConfig, TraceContext, Trust, current,
};

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const CALLER: &str = "00f067aa0ba902b7";
const TRACEPARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
/// What a well-behaved caller tells.
const TOLD: [(&str, &str); 4] = [
    ("traceparent", TRACEPARENT),
    ("tracestate", "rojo=1"),
    ("tracestate", "congo=2"),
    ("baggage", "user=alice,plan=gold%20plus"),
];

fn observer(config: TraceConfig) -> Observer {
    Observer::builder().traces(config).build().unwrap()
}

fn propagators(list: &str) -> TraceConfig {
    let propagators = Propagators::parse(list, |unknown| panic!("{unknown}"));
    TraceConfig::new().propagators(propagators)
}

fn start(observer: &Observer, headers: &dyn Headers) -> Observation {
    observer.start(&RequestHead {
        method: "GET",
        scheme: None,
        version: HttpVersion::Http11,
        route: Some("/".into()),
        headers,
        body_size: Some(0),
        details: &Default::default,
    })
}

fn injected() -> Vec<(String, String)> {
    let mut fields = Vec::new();
    current::inject(&mut |name, value| fields.push((name.to_owned(), value.to_owned())));
    fields
}

/// What a request with these fields tells those that it calls.
fn told_on(config: TraceConfig, headers: &dyn Headers) -> (TraceContext, Vec<(String, String)>) {
    told_by(start(&observer(config), headers))
}

fn told_by(mut observation: Observation) -> (TraceContext, Vec<(String, String)>) {
    let told = observation.run(|| (current::trace().unwrap(), injected()));
    told.unwrap()
}

fn fields<const N: usize>(fields: [(&str, &str); N]) -> Vec<(String, String)> {
    let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
    fields.map(owned).into()
}

fn traceparent(place: &TraceContext) -> String {
    let flags = place.flags();
    format!("00-{}-{}-{flags:02x}", place.trace_id(), place.span_id())
}

#[test]
fn a_caller_s_trace_is_told_on_with_its_state_and_baggage() {
    let (place, told) = told_on(TraceConfig::new(), &TOLD);
    assert_eq!(place.trace_id().to_string(), TRACE);
    assert_eq!(place.parent_span_id().unwrap().to_string(), CALLER);
    assert_ne!(place.span_id().to_string(), CALLER);
    let expected = fields([
        ("traceparent", &traceparent(&place)),
        ("tracestate", "rojo=1,congo=2"),
        ("baggage", "user=alice,plan=gold%20plus"),
    ]);
    assert_eq!(told, expected);
}

#[test]
fn what_is_not_recorded_is_told_on_as_such_with_all_that_came() {
    let (place, told) = told_on(TraceConfig::new().sampler(Sampler::always_off()), &TOLD);
    assert_eq!(told[0].1, format!("00-{TRACE}-{}-00", place.span_id()));
    assert_eq!(told[1].1, "rojo=1,congo=2");
    assert_eq!(told[2].0, "baggage");
}

#[test]
fn without_recording_what_callers_say_is_told_on_as_it_came() {
    let config = || TraceConfig::new().without_recording();
    for config in [config(), config().trust(Trust::everybody())] {
        let (place, told) = told_on(config.clone(), &TOLD);
        assert_eq!(told[0].1, format!("00-{TRACE}-{}-01", place.span_id()));
        assert_eq!(told.len(), 3);
        let (place, _) = told_on(config, &());
        assert!(!place.is_sampled());
    }
    let (place, told) = told_on(config().public_endpoint(), &TOLD);
    assert_ne!(place.trace_id().to_string(), TRACE);
    assert_eq!((place.is_sampled(), told.len()), (false, 1));
}

#[test]
fn a_public_endpoint_takes_the_wish_to_debug_from_those_it_trusts_alone() {
    let debug = format!("{TRACE}-{CALLER}-d");
    let told = |trust: Trust, sampler: Sampler| {
        let config = propagators("b3").public_endpoint().trust(trust);
        let (place, told) = told_on(config.sampler(sampler), &[("b3", &*debug)]);
        let [(_, value)] = &told[..] else {
            panic!("{told:?}")
        };
        let state = value.rsplit('-').next().unwrap().to_owned();
        (place.trace_id().to_string() == TRACE, state)
    };
    let (on, off) = (Sampler::always_on, Sampler::always_off);
    for (trust, sampler, is_continued, state) in [
        (Trust::nobody(), on(), false, "1"),
        (Trust::nobody(), off().parent_based(), false, "0"),
        (Trust::everybody(), off().parent_based(), true, "d"),
        // A service that does not record it cannot want it recorded.
        (Trust::everybody(), off(), true, "0"),
    ] {
        let expected = (is_continued, state.to_owned());
        assert_eq!(
            told(trust.clone(), sampler.clone()),
            expected,
            "{trust:?} {sampler:?}"
        );
    }
}

#[test]
fn without_a_configuration_traceparent_alone_is_read_and_told() {
    let observer = Observer::default();
    let mut observation = start(&observer, &TOLD);
    let (place, told) = (observation.run(|| (current::trace().unwrap(), injected()))).unwrap();
    assert_eq!(told, fields([("traceparent", &traceparent(&place))]));
    let read = observation.run(|| {
        current::set_baggage("own", "1");
        (current::baggage("user"), current::baggage("own"))
    });
    assert_eq!(read.unwrap(), (None, Some("1".to_owned())));
}

#[test]
fn the_innermost_span_is_the_callee_s_parent() {
    let mut observation = start(&observer(TraceConfig::new()), &TOLD);
    let _ = observation.run(|| {
        let span = current::trace().unwrap().child();
        current::enter_span(1, &span);
        let told = injected();
        current::exit_span(1);
        assert_eq!(told[0].1, traceparent(&span));
        assert_eq!(told[1].1, "rojo=1,congo=2");
    });
}

#[test]
fn an_invalid_parent_takes_its_state_with_it_but_not_the_baggage() {
    let headers = [
        ("traceparent", "00-what"),
        ("tracestate", "rojo=1"),
        ("baggage", "user=alice"),
    ];
    let (place, told) = told_on(TraceConfig::new(), &headers);
    assert_eq!(place.parent_span_id(), None);
    let expected = fields([
        ("traceparent", &traceparent(&place)),
        ("baggage", "user=alice"),
    ]);
    assert_eq!(told, expected);
}

#[test]
fn a_public_endpoint_takes_nothing_from_strangers() {
    let config = TraceConfig::new().public_endpoint();
    let (place, told) = told_on(config.clone(), &TOLD);
    assert_ne!(place.trace_id().to_string(), TRACE);
    assert_eq!(told, fields([("traceparent", &traceparent(&place))]));
    let (_, told) = told_on(config.clone(), &[("baggage", "user=alice")]);
    assert_eq!(told.len(), 1, "{told:?}");
    let (place, told) = told_on(config.trust(Trust::everybody()), &TOLD);
    assert_eq!(place.trace_id().to_string(), TRACE);
    assert_eq!(told.len(), 3);
}

#[test]
fn a_public_endpoint_takes_nothing_from_strangers_on_a_route_that_is_left_out_either() {
    let told = |config: TraceConfig| {
        let observer = Observer::builder().traces(config);
        let observer = observer.route("/", RoutePolicy::new().ignore());
        told_by(start(&observer.build().unwrap(), &TOLD))
    };
    let config = TraceConfig::new().public_endpoint();
    for config in [config.clone(), config.clone().without_recording()] {
        let (place, fields_told) = told(config);
        assert_ne!(place.trace_id().to_string(), TRACE);
        assert!(!place.is_sampled());
        assert_eq!(fields_told, fields([("traceparent", &traceparent(&place))]));
    }
    let (place, told) = told(config.trust(Trust::everybody()));
    assert_eq!(place.trace_id().to_string(), TRACE);
    assert_eq!((place.is_sampled(), told.len()), (false, 3));
}

#[test]
fn other_formats_tell_of_the_parent_where_they_are_configured() {
    let b3 = format!("{TRACE}-{CALLER}-1");
    let uber = format!("{TRACE}:{CALLER}:0:1");
    for (list, headers) in [
        ("b3", [("b3", &*b3), ("x-what", "")]),
        ("jaeger", [("uber-trace-id", &*uber), ("x-what", "")]),
        (
            "b3multi,tracecontext",
            [("traceparent", TRACEPARENT), ("b3", "what")],
        ),
    ] {
        let (place, _) = told_on(propagators(list), &headers);
        assert_eq!(place.trace_id().to_string(), TRACE, "{list}");
        assert_eq!(place.parent_span_id().unwrap().to_string(), CALLER);
    }
    let (place, told) = told_on(propagators("b3"), &TOLD);
    assert_eq!(place.parent_span_id(), None, "nobody reads traceparent");
    let expected = format!("{}-{}-1", place.trace_id(), place.span_id());
    assert_eq!(told, fields([("b3", &expected)]));
}

#[test]
fn all_formats_are_told_on() {
    let (place, told) = told_on(propagators("tracecontext,b3,jaeger"), &TOLD);
    let names = Vec::from_iter(told.iter().map(|(name, _)| &**name));
    assert_eq!(names, ["traceparent", "tracestate", "b3", "uber-trace-id"]);
    let (trace, span) = (place.trace_id(), place.span_id());
    assert_eq!(told[3].1, format!("{trace}:{span}:0:1"));
    assert_eq!(told_on(propagators("none"), &TOLD).1, []);
}

#[test]
fn a_trusted_caller_that_leaves_the_decision_to_us_does_not_make_it() {
    let ids = format!("{TRACE}-{CALLER}");
    let recorded = |sampler: Sampler, b3: &str| {
        let config = propagators("b3").trust(Trust::everybody());
        let config = config.sampler(sampler.parent_based());
        told_on(config, &[("b3", b3)]).0.is_sampled()
    };
    for (sampler, own) in [(Sampler::always_on(), true), (Sampler::always_off(), false)] {
        assert_eq!(recorded(sampler.clone(), &ids), own);
        assert!(recorded(sampler.clone(), &format!("{ids}-1")));
        assert!(!recorded(sampler, &format!("{ids}-0")));
    }
}

#[test]
fn who_looks_for_a_bug_is_told_on_where_the_trace_is_recorded() {
    let b3 = format!("{TRACE}-{CALLER}-d");
    for (sampler, flag) in [(Sampler::always_on(), "d"), (Sampler::always_off(), "0")] {
        let (place, told) = told_on(propagators("b3").sampler(sampler), &[("b3", &*b3)]);
        assert_eq!(told[0].1, format!("{TRACE}-{}-{flag}", place.span_id()));
    }
}

#[test]
fn baggage_is_read_and_set_by_handlers() {
    let mut observation = start(&observer(TraceConfig::new()), &TOLD);
    let _ = observation.run(|| {
        assert_eq!(current::baggage("plan").as_deref(), Some("gold plus"));
        assert_eq!(current::baggage("what"), None);
        current::set_baggage("user", "bob");
        current::set_baggage("no name", "bob");
        assert_eq!(current::baggage("user").as_deref(), Some("bob"));
        assert_eq!(injected()[2].1, "plan=gold%20plus,user=bob");
    });
    // The next request on this thread has none of it.
    drop(observation);
    let mut next = start(&observer(TraceConfig::new()), &());
    let told = next.run(|| (current::baggage("user"), injected().len()));
    assert_eq!(told.unwrap(), (None, 1));
}

#[test]
fn a_recording_has_the_state_of_the_trace_that_is_continued() {
    let states = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&states);
    let keep = move |record: &RequestRecord<'_>| {
        let state = record.recording.unwrap().trace_state().to_owned();
        sink.lock().unwrap().push(state);
    };
    let config = TraceConfig::new();
    let observer = Observer::builder().traces(config).sink(keep);
    let observer = observer.build().unwrap();
    drop(start(&observer, &TOLD));
    drop(start(&observer, &()));
    assert_eq!(*states.lock().unwrap(), ["rojo=1,congo=2", ""]);
}

#[test]
fn what_is_carried_elsewhere_tells_the_same() {
    let mut observation = start(&observer(TraceConfig::new()), &TOLD);
    let (here, carried) = observation
        .run(|| {
            current::set_baggage("step", "1");
            let carried = current::carry(async {
                let told = injected();
                current::set_baggage("step", "2");
                (told, current::carry(async { injected() }))
            });
            (injected(), carried)
        })
        .unwrap();
    let there = thread::spawn(move || {
        let poll = |future: &mut _| Future::poll(std::pin::Pin::new(future), &mut waiting());
        let Poll::Ready((told, again)) = poll(&mut Box::pin(carried)) else {
            panic!("it waits for nothing");
        };
        let Poll::Ready(nested) = pin!(again).poll(&mut waiting()) else {
            panic!("it waits for nothing");
        };
        (told, nested, injected())
    });
    let (told, nested, after) = there.join().unwrap();
    assert_eq!(told, here);
    assert!(here[2].1.ends_with("step=1"), "{here:?}");
    assert!(nested[2].1.ends_with("step=2"), "{nested:?}");
    assert_eq!(nested[..2], here[..2]);
    assert_eq!(after, []);
    // What is set there is not set here.
    let step = observation.run(|| current::baggage("step")).unwrap();
    assert_eq!(step.as_deref(), Some("1"));
}

fn waiting() -> Context<'static> {
    Context::from_waker(Waker::noop())
}

#[test]
fn jobs_and_spans_outside_of_requests_tell_of_themselves() {
    let observer = observer(TraceConfig::new());
    observer.observe("job", "nightly").run(|| {
        current::set_baggage("job", "nightly");
        let place = current::trace().unwrap();
        let expected = fields([
            ("traceparent", &traceparent(&place)),
            ("baggage", "job=nightly"),
        ]);
        assert_eq!(injected(), expected);
    });
    let root = observer.begin_trace();
    current::enter_span(1, &root);
    let told = injected();
    current::exit_span(1);
    assert_eq!(told, fields([("traceparent", &traceparent(&root))]));
    assert_eq!(injected(), []);
}

#[test]
fn a_response_tells_its_client_the_trace_on_request() {
    let said = |config: TraceConfig| {
        let mut observation = start(&observer(config), &TOLD);
        let place = observation.run(|| current::trace().unwrap()).unwrap();
        let mut said = None;
        observation.tell_trace(|name, value| said = Some((name, value.to_owned())));
        (traceparent(&place), said)
    };
    assert_eq!(said(TraceConfig::new()).1, None);
    let (place, field) = said(TraceConfig::new().response_header(ResponseTrace::Traceresponse));
    assert_eq!(field, Some(("traceresponse", place)));
    let (place, field) = said(TraceConfig::new().response_header(ResponseTrace::ServerTiming));
    let value = format!("traceparent;desc=\"{place}\"");
    assert_eq!(field, Some(("server-timing", value)));
}

#[test]
fn an_observer_names_the_fields_that_it_reads() {
    let names = |observer: &_| FieldNames::new(observer, |name| Some(name.to_owned()));
    let always = names(&Observer::default());
    assert_eq!(always.of(HttpVersion::Http11, Some(0)), ["traceparent"]);
    let with_body = always.of(HttpVersion::Http10, None);
    assert_eq!(with_body, ["traceparent", "content-length"]);
    let of_calls = always.of(HttpVersion::Http2, Some(7));
    assert_eq!(of_calls[2..], ["content-type", "grpc-timeout"]);
    let told = names(&observer(propagators("jaeger,baggage")));
    assert_eq!(
        told.of(HttpVersion::Http11, Some(0)),
        ["uber-trace-id", "baggage"]
    );
}
