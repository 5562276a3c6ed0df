//! Which requests and jobs are recorded, and what is kept of them.

use std::{
    net::SocketAddr,
    pin::pin,
    sync::{Arc, Mutex, atomic::AtomicI32, atomic::Ordering::Relaxed},
    task::{Context, Waker},
};

use steeple_core::{
    CallRecord, FinishedSpan, Headers, HttpVersion, JobRecord, Observation, Observer, OutgoingHead,
    RequestDetails, RequestHead, RequestRecord, ResponseHead, RoutePolicy, Sampler, Scheme, Scope,
    Sink, SpanId, TraceConfig, TraceContext, TraceId, TraceScope, Trust, current, pipeline::Budget,
};

use crate::respond;

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const CALLER: &str = "00f067aa0ba902b7";

/// What the tests look at of a recording.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Seen {
    recorded: bool,
    trace: String,
    parent: Option<String>,
    link: Option<String>,
    texts: [String; 4],
    query: Option<String>,
    peer: Option<SocketAddr>,
    spans: Vec<u8>,
    count: u32,
    events: Vec<u8>,
}

#[derive(Clone, Default)]
struct Records(Arc<Mutex<Vec<Seen>>>);

impl Records {
    fn keep(
        &self,
        trace: TraceContext,
        recording: Option<&steeple_core::Recording>,
        head: Option<&steeple_core::KeptHead>,
    ) {
        let mut seen = Seen {
            trace: trace.trace_id().to_string(),
            parent: trace.parent_span_id().map(|parent| parent.to_string()),
            ..Seen::default()
        };
        if let Some(recording) = recording {
            assert_eq!(recording.context(), &trace);
            seen.recorded = true;
            seen.link = recording
                .span_link()
                .map(|link| format!("{}-{}", link.trace_id, link.span_id));
            if let Some(head) = head {
                seen.texts =
                    [head.method(), head.path(), head.host(), head.user_agent()].map(str::to_owned);
                seen.query = head.query().map(str::to_owned);
                seen.peer = head.peer();
            }
            seen.spans = recording.spans().to_vec();
            seen.count = recording.span_count();
            seen.events = recording.events().to_vec();
        }
        self.0.lock().unwrap().push(seen);
    }

    fn only(&self) -> Seen {
        let seen = self.0.lock().unwrap();
        assert_eq!(seen.len(), 1, "{seen:?}");
        seen[0].clone()
    }

    fn recorded(&self) -> usize {
        self.0
            .lock()
            .unwrap()
            .iter()
            .filter(|seen| seen.recorded)
            .count()
    }
}

impl Sink for Records {
    fn request(&self, record: &RequestRecord<'_>) {
        self.keep(record.trace(), record.recording, record.head);
    }

    fn job(&self, record: &JobRecord<'_>) {
        self.keep(record.trace(), record.recording, None);
    }
}

fn observed(config: TraceConfig) -> (Observer, Records) {
    let records = Records::default();
    let observer = Observer::builder()
        .traces(config)
        .route("/quiet", RoutePolicy::new().sampler(Sampler::always_off()))
        .route("/loud", RoutePolicy::new().sampler(Sampler::always_on()))
        .route("/ignored", RoutePolicy::new().ignore())
        .sink(records.clone())
        .build()
        .unwrap();
    (observer, records)
}

fn start(observer: &Observer, route: Option<&str>, headers: &dyn Headers) -> Observation {
    start_at(observer, route, headers, None)
}

/// A request for a target with this authority.
fn start_at(
    observer: &Observer,
    route: Option<&str>,
    headers: &dyn Headers,
    authority: Option<&'static str>,
) -> Observation {
    observer.start(&RequestHead {
        method: "GET",
        scheme: None,
        version: HttpVersion::Http11,
        route: route.map(Into::into),
        headers,
        body_size: Some(0),
        details: &|| RequestDetails {
            path: "/users/7",
            query: Some("full=1"),
            authority,
            peer: Some(SocketAddr::from(([10, 1, 2, 3], 4_567))),
        },
    })
}

fn traceparent(flags: &str) -> String {
    format!("00-{TRACE}-{CALLER}-{flags}")
}

/// A request with one `traceparent`, from beginning to end.
fn serve(observer: &Observer, flags: &str) {
    let traceparent = traceparent(flags);
    let mut observation = start(observer, Some("/"), &[("traceparent", &*traceparent)]);
    respond(&mut observation, 200, Some(0));
}

#[test]
fn a_recorded_request_is_kept_with_what_its_span_tells() {
    let (observer, records) = observed(TraceConfig::new());
    let traceparent = traceparent("00");
    let headers = [
        ("traceparent", &*traceparent),
        ("host", "shop.example:8080"),
        ("user-agent", "curl/8"),
    ];
    respond(
        &mut start(&observer, Some("/users/{id}"), &headers),
        200,
        Some(0),
    );
    let seen = records.only();
    assert!(seen.recorded);
    assert_eq!(
        (&*seen.trace, seen.parent.as_deref()),
        (TRACE, Some(CALLER))
    );
    assert_eq!(
        seen.texts,
        ["GET", "/users/7", "shop.example:8080", "curl/8"]
    );
    assert_eq!(seen.query.as_deref(), Some("full=1"));
    assert_eq!(seen.peer, Some("10.1.2.3:4567".parse().unwrap()));
}

#[test]
fn who_logs_in_by_the_url_is_not_kept() {
    for (authority, host, kept) in [
        (
            Some("ada:hunter2@shop.example:8080"),
            "what",
            "shop.example:8080",
        ),
        (Some("ada@[::1]"), "what", "[::1]"),
        (None, "ada:h@nter2@shop.example", "shop.example"),
    ] {
        let (observer, records) = observed(TraceConfig::new());
        drop(start_at(&observer, Some("/"), &[("host", host)], authority));
        assert_eq!(records.only().texts[2], kept);
    }
}

#[test]
fn nothing_of_an_earlier_request_is_left_in_the_next() {
    let (observer, records) = observed(TraceConfig::new());
    let headers = [("host", "a"), ("user-agent", "b")];
    let mut first = start(&observer, None, &headers);
    let _ = first.run(|| {
        let trace = current::trace().unwrap();
        current::finished_span(&trace.child(), |spans| spans.push(1));
        current::event(&trace, |events| events.push(1));
    });
    respond(&mut first, 200, Some(0));
    respond(&mut start(&observer, None, &()), 200, Some(0));
    let seen = records.0.lock().unwrap();
    assert_eq!(
        (&*seen[0].spans, seen[0].count, &*seen[0].events),
        (&[1][..], 1, &[1][..])
    );
    assert_eq!(seen[1].texts, ["GET", "/users/7", "", ""]);
    assert_eq!(
        (&*seen[1].spans, seen[1].count, &*seen[1].events),
        (&[][..], 0, &[][..])
    );
    assert_ne!(seen[0].trace, seen[1].trace);
}

#[test]
fn what_is_not_recorded_keeps_nothing_and_says_so_to_whom_it_calls() {
    let (observer, records) = observed(TraceConfig::new().sampler(Sampler::always_off()));
    let traceparent = traceparent("01");
    let mut observation = start(&observer, None, &[("traceparent", &*traceparent)]);
    let trace = observation.run(|| {
        let trace = current::trace().unwrap();
        assert_eq!(current::sampled_trace(), None);
        let kept = current::finished_span(&trace.child(), |_| panic!("it is not written"));
        assert_eq!(kept, FinishedSpan::Alone);
        trace
    });
    let trace = trace.unwrap();
    assert!(!trace.is_sampled());
    assert_eq!(trace.trace_id().to_string(), TRACE);
    drop(observation);
    assert!(!records.only().recorded);
}

#[test]
fn the_word_of_strangers_neither_forces_nor_forbids() {
    for flags in ["00", "01"] {
        for (sampler, expected) in [(Sampler::always_on(), 1), (Sampler::always_off(), 0)] {
            let (observer, records) = observed(TraceConfig::new().sampler(sampler.parent_based()));
            serve(&observer, flags);
            assert_eq!(records.recorded(), expected, "{flags}");
        }
    }
}

#[test]
fn whoever_makes_up_ids_and_flags_gets_the_ratio_all_the_same() {
    let sampler = Sampler::ratio(0.1).parent_based();
    let (observer, records) = observed(TraceConfig::new().sampler(sampler));
    for request in 0..10_000 {
        // An id of low bits, which a ratio of ids would always record.
        let traceparent = format!("00-{TRACE:.16}0000000000000001-{CALLER}-01");
        let headers = [("traceparent", &*traceparent)];
        let headers: &dyn Headers = if request % 2 == 0 { &headers } else { &() };
        respond(&mut start(&observer, None, headers), 200, Some(0));
    }
    // Within five standard deviations.
    assert!(
        records.recorded().abs_diff(1_000) < 150,
        "{}",
        records.recorded()
    );
}

#[test]
fn trusted_callers_decide_up_to_a_limit() {
    let networks = ["10.0.0.0/8".parse().unwrap()];
    let config = TraceConfig::new()
        .sampler(Sampler::always_off().parent_based())
        .trust(Trust::networks(networks))
        .forced_per_second(5.0);
    let (observer, records) = observed(config);
    serve(&observer, "00");
    assert_eq!(records.recorded(), 0);
    (0..100).for_each(|_| serve(&observer, "01"));
    assert_eq!(records.recorded(), 5);
}

#[test]
fn sampling_is_off_where_nobody_can_have_anything_recorded() {
    let off = Sampler::always_off;
    let is_off = |config: TraceConfig, own: Sampler| {
        let route = RoutePolicy::new().sampler(own);
        let observer = Observer::builder().traces(config).route("/own", route);
        observer.build().unwrap().is_sampling_off()
    };
    let config = |sampler| TraceConfig::new().sampler(sampler);
    assert!(is_off(config(off()), off()));
    assert!(is_off(config(Sampler::ratio(0.0).parent_based()), off()));
    assert!(!is_off(config(off()), Sampler::ratio(0.1)));
    assert!(!is_off(TraceConfig::new(), off()));
    let heeding = config(off().parent_based()).trust(Trust::everybody());
    assert!(!is_off(heeding, off()));
    assert!(!is_off(config(off()).without_recording(), off()));
    assert!(!Observer::default().is_sampling_off());
}

#[test]
fn what_is_no_request_is_decided_on_as_requests_are() {
    let ids = || {
        let trace_id = TraceId::from_bytes([7; 16]).unwrap();
        (trace_id, SpanId::from_bytes([9; 8]).unwrap())
    };
    let continued = |config: TraceConfig, flags| {
        let (trace_id, parent) = ids();
        observed(config).0.continue_trace(trace_id, parent, flags)
    };
    let config = |sampler: Sampler| TraceConfig::new().sampler(sampler.parent_based());
    for flags in [0, 1] {
        for (sampler, stranger) in [(Sampler::always_on(), true), (Sampler::always_off(), false)] {
            let some = Trust::those(|_| true);
            for (trust, expected) in [
                (Trust::nobody(), stranger),
                (some, stranger),
                (Trust::everybody(), flags == 1),
            ] {
                let trace = continued(config(sampler.clone()).trust(trust.clone()), flags);
                assert_eq!(trace.is_sampled(), expected, "{sampler:?} {trust:?}");
                assert_eq!(
                    (trace.trace_id(), trace.parent_span_id()),
                    (ids().0, Some(ids().1))
                );
                assert_eq!(trace.local_root(), trace.span_id());
            }
        }
        let passed_on = continued(TraceConfig::new().without_recording(), flags);
        assert_eq!(passed_on.is_sampled(), flags == 1);
    }
    let public = TraceConfig::new().public_endpoint();
    let begun = continued(public.clone(), 1);
    assert!(begun.trace_id() != ids().0 && begun.parent_span_id().is_none());
    let trusted = continued(public.trust(Trust::everybody()), 1);
    assert_eq!(trusted.trace_id(), ids().0);

    let limited = config(Sampler::always_off()).trust(Trust::everybody());
    let (observer, _) = observed(limited.forced_per_second(5.0));
    let (trace_id, parent) = ids();
    let forced = (0..100).filter(|_| observer.continue_trace(trace_id, parent, 1).is_sampled());
    assert_eq!(forced.count(), 5);
}

#[test]
fn a_predicate_says_whom_to_trust() {
    let config = TraceConfig::new().trust(Trust::those(|head| {
        head.header("x-internal").as_deref() == Some("yes")
    }));
    let (observer, records) = observed(config);
    let traceparent = traceparent("00");
    for internal in ["yes", "no"] {
        let headers = [("traceparent", &*traceparent), ("x-internal", internal)];
        drop(start(&observer, None, &headers));
    }
    assert_eq!(records.recorded(), 1);
}

#[test]
fn whoever_makes_the_predicate_panic_is_served_and_not_trusted() {
    let config = TraceConfig::new()
        .sampler(Sampler::always_off().parent_based())
        .trust(Trust::those(|_| panic!("what a head")));
    let (observer, records) = observed(config);
    serve(&observer, "01");
    assert!(!records.only().recorded);
}

#[test]
fn what_is_kept_of_a_query_is_not_printed() {
    let (observer, _records) = observed(TraceConfig::new());
    let observation = start(&observer, None, &[("baggage", "secret=1")]);
    let printed = format!("{observation:?}");
    assert!(
        !printed.contains("full=1") && !printed.contains("secret"),
        "{printed}"
    );
}

#[test]
fn a_public_endpoint_begins_a_trace_of_its_own_and_links_to_the_callers() {
    let (observer, records) = observed(TraceConfig::new().public_endpoint());
    serve(&observer, "01");
    let seen = records.only();
    assert_ne!(seen.trace, TRACE);
    assert_eq!(seen.parent, None);
    assert_eq!(seen.link, Some(format!("{TRACE}-{CALLER}")));

    let trusting = TraceConfig::new()
        .public_endpoint()
        .trust(Trust::everybody());
    let (observer, records) = observed(trusting);
    serve(&observer, "01");
    let seen = records.only();
    assert_eq!((&*seen.trace, seen.link), (TRACE, None));
}

#[test]
fn routes_have_samplers_of_their_own() {
    let recorded = |default: Sampler, route| {
        let (observer, records) = observed(TraceConfig::new().sampler(default));
        drop(start(&observer, Some(route), &()));
        records.recorded()
    };
    assert_eq!(recorded(Sampler::always_on(), "/quiet"), 0);
    assert_eq!(recorded(Sampler::always_off(), "/loud"), 1);
    assert_eq!(recorded(Sampler::always_on(), "/other"), 1);
}

#[test]
fn a_route_that_is_known_late_can_have_fewer_recorded() {
    let (observer, records) = observed(TraceConfig::new());
    for route in ["/quiet", "/loud"] {
        let mut observation = start(&observer, None, &());
        observation.matched_route(route);
        respond(&mut observation, 200, Some(0));
    }
    let seen = records.0.lock().unwrap();
    assert_eq!([seen[0].recorded, seen[1].recorded], [false, true]);
}

/// Whether a request of a caller whose `traceparent` this is, is recorded on a route with a sampler of its own.
fn is_recorded(config: TraceConfig, own: &Sampler, is_late: bool, traceparent: &str) -> bool {
    let records = Records::default();
    let observer = Observer::builder()
        .traces(config)
        .route("/own", RoutePolicy::new().sampler(own.clone()))
        .sink(records.clone())
        .build()
        .unwrap();
    let early = (!is_late).then_some("/own");
    let mut observation = start(&observer, early, &[("traceparent", traceparent)]);
    observation.matched_route("/own");
    respond(&mut observation, 200, Some(0));
    records.only().recorded
}

#[test]
fn a_route_that_is_known_late_heeds_callers_as_one_that_is_known_early() {
    let (on, off) = (Sampler::always_on, Sampler::always_off);
    for (own, [trusted_not, trusted, stranger]) in [
        (on(), [true, true, true]),
        (off(), [false, false, false]),
        (on().parent_based(), [false, true, true]),
        (off().parent_based(), [false, true, false]),
        (Sampler::ratio(0.0).parent_based(), [false, true, false]),
    ] {
        let everybody = Trust::everybody;
        for (flags, trust, expected) in [
            ("00", everybody(), trusted_not),
            ("01", everybody(), trusted),
            ("00", Trust::nobody(), stranger),
            ("01", Trust::nobody(), stranger),
        ] {
            for is_late in [false, true] {
                // Every route is recorded before it is known.
                let config = TraceConfig::new().sampler(on()).trust(trust.clone());
                let recorded = is_recorded(config, &own, is_late, &traceparent(flags));
                assert_eq!(recorded, expected, "{own:?} {trust:?} {flags} {is_late}");
            }
        }
    }
}

#[test]
fn a_late_ratio_goes_by_the_id_of_trusted_callers() {
    for (low, expected) in [("0000000000000001", true), ("ffffffffffffffff", false)] {
        let traceparent = format!("00-{TRACE:.16}{low}-{CALLER}-00");
        let config = TraceConfig::new()
            .sampler(Sampler::always_on())
            .trust(Trust::everybody());
        let recorded = is_recorded(config, &Sampler::ratio(0.5), true, &traceparent);
        assert_eq!(recorded, expected, "{low}");
    }
}

#[test]
fn what_a_caller_has_recorded_counts_once_for_the_limit_where_the_route_is_known_late() {
    let own = Sampler::always_off().parent_based();
    let config = TraceConfig::new()
        .sampler(own.clone())
        .trust(Trust::everybody())
        .forced_per_second(5.0);
    let records = Records::default();
    let observer = Observer::builder()
        .traces(config)
        .route("/own", RoutePolicy::new().sampler(own))
        .sink(records.clone())
        .build()
        .unwrap();
    let traceparent = traceparent("01");
    for _ in 0..100 {
        let mut observation = start(&observer, None, &[("traceparent", &*traceparent)]);
        observation.matched_route("/own");
        respond(&mut observation, 200, Some(0));
    }
    assert_eq!(records.recorded(), 5);
}

#[test]
fn an_ignored_route_has_no_trace_to_record() {
    let (observer, records) = observed(TraceConfig::new());
    let mut observation = start(&observer, Some("/ignored"), &());
    let sampled = observation.run(|| current::trace().unwrap().is_sampled());
    assert!(!sampled.unwrap());
    drop(observation);
    assert!(records.0.lock().unwrap().is_empty());
}

#[test]
fn a_job_begins_a_trace_and_keeps_its_spans() {
    let (observer, records) = observed(TraceConfig::new());
    observer.observe("queue", "emails").run(|| {
        let trace = current::trace().unwrap();
        let kept = current::finished_span(&trace.child(), |spans| spans.extend(b"span"));
        assert_eq!(kept, FinishedSpan::Kept);
    });
    let seen = records.only();
    assert!(seen.recorded && seen.parent.is_none());
    assert_eq!((&*seen.spans, seen.count), (&b"span"[..], 1));
}

#[test]
fn the_innermost_span_is_the_current_place_in_the_trace() {
    let (observer, _records) = observed(TraceConfig::new());
    let mut observation = start(&observer, None, &());
    let _ = observation.run(|| {
        let request = current::trace().unwrap();
        let outer = request.child();
        let inner = outer.child();
        assert_eq!(inner.parent_span_id(), Some(outer.span_id()));
        current::enter_span(1, &outer);
        current::enter_span(2, &inner);
        assert_eq!(current::trace(), Some(inner));
        assert_eq!(current::sampled_trace(), Some(inner));
        // Out of order, as a guard that is held too long leaves it.
        current::exit_span(1);
        assert_eq!(current::trace(), Some(inner));
        current::exit_span(2);
        assert_eq!(current::trace(), Some(request));
    });
}

#[test]
fn the_span_of_another_request_is_not_that_of_this_one() {
    let (observer, _records) = observed(TraceConfig::new());
    let around = observer.begin_trace();
    current::enter_span(1, &around);
    let mut observation = start(&observer, None, &());
    let trace = observation.run(current::trace).unwrap().unwrap();
    assert_ne!(trace.trace_id(), around.trace_id());
    drop(observation);
    assert_eq!(current::trace(), Some(around));
    current::exit_span(1);
    assert_eq!(current::trace(), None);
}

#[test]
fn what_is_carried_to_another_thread_is_below_the_request() {
    let (observer, records) = observed(TraceConfig::new());
    let mut observation = start(&observer, None, &());
    let (trace, carried) = observation
        .run(|| {
            (
                current::trace().unwrap(),
                current::carry(async { current::trace() }),
            )
        })
        .unwrap();
    let there = std::thread::spawn(move || {
        let polled = pin!(carried).poll(&mut Context::from_waker(Waker::noop()));
        (polled, current::trace())
    });
    let (polled, after) = there.join().unwrap();
    assert!(matches!(polled, std::task::Poll::Ready(Some(there)) if there == trace));
    assert_eq!(after, None);
    // Its spans are on their own there.
    assert_eq!(
        current::finished_span(&trace.child(), |_| {}),
        FinishedSpan::Alone
    );
    drop(observation);
    assert_eq!(records.only().count, 0);
}

#[test]
fn what_is_recorded_of_a_call_leads_to_the_calls_own_span() {
    #[derive(Clone, Default)]
    struct Calls(Arc<Mutex<Vec<[Option<TraceContext>; 2]>>>);
    impl Sink for Calls {
        fn request(&self, _: &RequestRecord<'_>) {}

        fn call(&self, record: &CallRecord<'_>) {
            let seen = [record.trace, current::sampled_trace()];
            self.0.lock().unwrap().push(seen);
        }
    }
    let calls = Calls::default();
    let observer = Observer::builder()
        .traces(TraceConfig::new())
        .sink(calls.clone())
        .build()
        .unwrap();
    let mut observation = start(&observer, None, &());
    let head = OutgoingHead {
        method: "GET",
        scheme: Scheme::Http,
        host: "stock",
        port: None,
        path: "/",
        query: None,
        headers: &(),
        resend_count: 0,
    };
    let request = observation.run(|| {
        drop(observer.call(&head));
        current::trace().unwrap()
    });
    let request = request.unwrap();
    let [call, exemplar] = calls.0.lock().unwrap()[0];
    assert_eq!(call.unwrap().parent_span_id(), Some(request.span_id()));
    assert_eq!(exemplar, call);
}

#[derive(Debug, Default)]
struct Depth {
    now: AtomicI32,
    entered: AtomicI32,
}

impl Scope for Depth {
    fn enter(&self) {
        self.now.fetch_add(1, Relaxed);
        self.entered.fetch_add(1, Relaxed);
    }

    fn exit(&self) {
        self.now.fetch_sub(1, Relaxed);
    }
}

impl TraceScope for Depth {}

#[test]
fn a_scope_is_entered_for_each_poll_of_what_is_recorded_and_left_even_by_a_panic() {
    let depth = Arc::new(Depth::default());
    let scope = Arc::clone(&depth);
    let (observer, _records) = observed(TraceConfig::new().scope(move |_| scope.clone()));
    let mut observation = start(&observer, None, &());
    let inside = observation.run(|| depth.now.load(Relaxed)).unwrap();
    assert_eq!((inside, depth.now.load(Relaxed)), (1, 0));
    observation.run(|| panic!("in a scope")).unwrap_err();
    assert_eq!(
        (depth.now.load(Relaxed), depth.entered.load(Relaxed)),
        (0, 2)
    );
    drop(observation);

    let mut quiet = start(&observer, Some("/quiet"), &());
    quiet.run(|| ()).unwrap();
    assert_eq!(depth.entered.load(Relaxed), 2);
}

/// Knows of a span.
#[derive(Debug)]
struct Knows(Arc<Mutex<TraceContext>>);

impl Scope for Knows {
    fn enter(&self) {}
    fn exit(&self) {}
}

impl TraceScope for Knows {
    fn span(&self) -> Option<(TraceId, SpanId)> {
        let known = *self.0.lock().unwrap();
        Some((known.trace_id(), known.span_id()))
    }
}

#[test]
fn the_span_that_a_scope_knows_is_current_if_it_is_of_the_same_trace() {
    let elsewhere = Observer::builder().build().unwrap().begin_trace();
    let known = Arc::new(Mutex::new(elsewhere));
    let scope = Arc::new(Knows(Arc::clone(&known)));
    let (observer, _records) = observed(TraceConfig::new().scope(move |_| scope.clone()));
    let mut observation = start(&observer, None, &());
    let request = observation.run(|| current::trace().unwrap()).unwrap();
    let (entered, told) = (request.child(), request.child());
    let seen = |span| {
        *known.lock().unwrap() = span;
        let seen = current::trace().unwrap();
        assert_eq!(current::sampled_trace(), Some(seen));
        seen
    };
    let ran = observation.run(|| {
        assert_eq!(seen(request), request);
        current::enter_span(1, &entered);
        // What it knew before is around that.
        assert_eq!(seen(request), entered);
        assert_eq!(seen(entered), entered);
        let other = seen(told);
        assert_eq!(
            (other.span_id(), other.local_root()),
            (told.span_id(), request.span_id())
        );
        assert_eq!(other.parent_span_id(), None);
        assert_eq!(seen(elsewhere), entered);
        current::exit_span(1);
    });
    ran.unwrap();
}

/// What sinks are told besides records.
#[derive(Clone, Default)]
struct Told(Arc<Mutex<Vec<String>>>);

impl Told {
    fn tell(&self, what: &str, trace: &TraceContext) {
        let told = format!("{what} {}", trace.span_id());
        self.0.lock().unwrap().push(told);
    }
}

impl Sink for Told {
    fn request(&self, record: &RequestRecord<'_>) {
        let what = record.recording.map_or("unrecorded", |_| "ended");
        self.tell(what, &record.trace());
    }

    fn recorded(&self, trace: &TraceContext) {
        self.tell("began", trace);
    }

    fn refused(&self, recording: &steeple_core::Recording) {
        assert_eq!(
            (recording.spans(), recording.span_count()),
            (&b"span"[..], 1)
        );
        self.tell("refused", recording.context());
    }
}

#[test]
fn sinks_hear_of_all_that_begin_to_be_recorded_and_of_those_that_a_late_route_refuses() {
    let told = Told::default();
    let observer = Observer::builder()
        .traces(TraceConfig::new())
        .route("/quiet", RoutePolicy::new().sampler(Sampler::always_off()))
        .route("/ignored", RoutePolicy::new().ignore())
        .sink(told.clone())
        .build()
        .unwrap();
    for (route, then) in [
        ("/loud", &["ended"][..]),
        ("/quiet", &["refused", "unrecorded"]),
        ("/ignored", &["refused"]),
    ] {
        let mut observation = start(&observer, None, &());
        let trace = observation.run(|| {
            let trace = current::trace().unwrap();
            let kept = current::finished_span(&trace.child(), |span| span.extend(b"span"));
            assert_eq!(kept, FinishedSpan::Kept);
            current::route(route);
            trace
        });
        respond(&mut observation, 200, Some(0));
        drop(observation);
        let expected: Vec<_> = ["began"]
            .iter()
            .chain(then)
            .map(|what| format!("{what} {}", trace.as_ref().unwrap().span_id()))
            .collect();
        assert_eq!(std::mem::take(&mut *told.0.lock().unwrap()), expected);
    }
    drop(start(&observer, Some("/quiet"), &()));
    assert!(told.0.lock().unwrap()[0].starts_with("unrecorded"));
}

#[test]
fn what_open_requests_hold_together_is_bounded_by_the_budget_they_are_given() {
    let budget = Budget::new(64 << 10);
    let (observer, records) = observed(TraceConfig::new().held(budget.clone()));
    let mut open: Vec<_> = (0..20).map(|_| start(&observer, None, &())).collect();
    let mut kept = 0;
    for observation in &mut open {
        let all = observation.run(|| {
            let span = current::trace().unwrap().child();
            let write = |bytes: &mut Vec<u8>| bytes.extend([7; 1_000]);
            let all = (0..10).map(|_| current::finished_span(&span, write));
            all.filter(|became| *became == FinishedSpan::Kept).count()
        });
        kept += all.unwrap();
    }
    assert!((20..=65).contains(&kept), "{kept}");
    assert!(budget.used() > budget.limit() / 2 && budget.used() <= budget.limit());
    drop(open);
    let seen: u32 = records
        .0
        .lock()
        .unwrap()
        .iter()
        .map(|seen| seen.count)
        .sum();
    assert_eq!(seen as usize, kept);
}

#[test]
fn what_an_observer_holds_is_of_its_own_budget_whichever_the_thread_served_before() {
    let budgets = [(); 2].map(|()| Budget::new(1 << 20));
    for (own, other) in
        [(0, 1), (1, 0), (0, 1)].map(|(own, other)| (&budgets[own], &budgets[other]))
    {
        let (observer, _records) = observed(TraceConfig::new().held(own.clone()));
        let mut observation = start(&observer, None, &());
        let kept = observation.run(|| {
            let span = current::trace().unwrap().child();
            current::finished_span(&span, |bytes| bytes.extend([7; 1_000]))
        });
        assert_eq!(kept.unwrap(), FinishedSpan::Kept);
        assert!(own.used() >= 1_000);
        assert_eq!(other.used(), 0);
    }
}

/// Counts the requests that are recorded at first, those that are refused later, and those whose record has what was recorded.
#[derive(Clone, Default)]
struct Recorded(Arc<[AtomicI32; 3]>);

impl Recorded {
    fn counts(&self) -> [i32; 3] {
        self.0.each_ref().map(|count| count.load(Relaxed))
    }
}

impl Sink for Recorded {
    fn request(&self, record: &RequestRecord<'_>) {
        self.0[2].fetch_add(i32::from(record.recording.is_some()), Relaxed);
    }

    fn recorded(&self, _: &TraceContext) {
        self.0[0].fetch_add(1, Relaxed);
    }

    fn refused(&self, _: &steeple_core::Recording) {
        self.0[1].fetch_add(1, Relaxed);
    }
}

#[test]
fn the_policy_of_a_calls_method_says_whether_it_is_recorded() {
    let quiet = RoutePolicy::new().sampler(Sampler::always_off());
    for (policy, expected) in [
        (RoutePolicy::new(), [1, 0, 1]),
        (quiet, [1, 1, 0]),
        (RoutePolicy::new().ignore(), [1, 1, 0]),
    ] {
        let recorded = Recorded::default();
        let observer = Observer::builder()
            .traces(TraceConfig::new())
            .route("/shop.Orders/Place", policy)
            .sink(recorded.clone())
            .build()
            .unwrap();
        let mut observation = observer.start(&RequestHead {
            method: "POST",
            scheme: None,
            version: HttpVersion::Http2,
            route: None,
            headers: &[("content-type", "application/grpc")],
            body_size: None,
            details: &Default::default,
        });
        observation.called("/shop.Orders/Place");
        observation.respond(&ResponseHead {
            status: 200,
            headers: &[("grpc-status", "0")],
            body_size: Some(0),
        });
        assert_eq!(recorded.counts(), expected);
    }
}
