//! The spans of `tracing`.

use std::{
    error::Error,
    fmt, io,
    sync::atomic::{AtomicUsize, Ordering::Relaxed},
    thread,
};

use opentelemetry_proto::tonic::trace::v1::{Span, span::SpanKind, status::StatusCode};
use steeple_core::{Observation, ResponseHead, Sampler, current, pipeline::DropReason};
use steeple_otlp::Signal;
use tracing::{Dispatch, Level, dispatcher, level_filters::LevelFilter};
use tracing_subscriber::{
    filter::EnvFilter,
    layer::{Layer as _, SubscriberExt as _},
    registry,
};

use super::{Service, hex, texts};

/// A subscriber that makes the spans of a service.
type Through = fn(&Service) -> Dispatch;

/// Runs each scenario through the layer of a registry, and through the subscriber that is for nothing else.
macro_rules! scenarios {
    ($($scenario:ident,)+) => {
        mod layer_of_a_registry {
            $(#[test] fn $scenario() { super::$scenario(super::Service::subscriber); })+
        }
        mod subscriber_of_its_own {
            $(#[test] fn $scenario() { super::$scenario(super::Service::own_subscriber); })+
        }
    };
}

scenarios! {
    spans_nest_in_the_request_and_leave_with_it,
    events_are_those_of_the_span_they_happen_in,
    an_error_event_makes_its_span_an_error,
    what_an_error_says_is_bounded_and_printed_once,
    an_event_with_more_attributes_than_there_is_room_for_tells_how_many,
    attributes_that_are_recorded_together_are_dropped_and_counted_each,
    fields_of_the_names_that_tracing_opentelemetry_knows_are_no_attributes,
    a_request_that_is_not_recorded_has_no_orphans,
    a_span_that_outlives_its_request_leaves_on_its_own,
    what_is_carried_to_another_thread_stays_in_the_trace,
    spans_outside_of_requests_begin_traces_as_the_sampler_says,
    explicit_parents_have_precedence,
    values_that_print_themselves_may_use_tracing,
    a_request_with_more_spans_than_it_has_room_for_loses_none,
    handles_of_a_span_are_one_span,
    what_follows_the_current_span_is_below_it,
}

impl Service {
    pub(super) fn subscriber(&self) -> Dispatch {
        let layer = self.otlp.tracing_layer(&self.observer, LevelFilter::INFO);
        Dispatch::new(registry().with(layer))
    }

    fn own_subscriber(&self) -> Dispatch {
        let subscriber = self
            .otlp
            .tracing_subscriber(&self.observer, LevelFilter::INFO);
        Dispatch::new(subscriber.unwrap())
    }

    /// A request whose handler runs with the subscriber.
    fn handle(&self, through: Through, handler: impl FnOnce()) -> Observation {
        let mut observation = self.start(&());
        let subscriber = through(self);
        dispatcher::with_default(&subscriber, || observation.run(handler)).unwrap();
        observation
    }
}

fn respond(mut observation: Observation) {
    observation.respond(&ResponseHead {
        status: 200,
        headers: &(),
        body_size: Some(0),
    });
}

fn of_name<'a>(spans: &'a [Span], name: &str) -> &'a Span {
    let found = spans.iter().find(|span| span.name == name);
    found.unwrap_or_else(|| panic!("no {name} in {spans:#?}"))
}

fn spans_nest_in_the_request_and_leave_with_it(through: Through) {
    let service = Service::new();
    let observation = service.handle(through, || {
        let outer = tracing::info_span!("outer", user.id = 7_u64, name = "ada").entered();
        let inner = tracing::info_span!("inner", ok = true, ratio = 0.5, debug = ?Some(1));
        let trace = inner.in_scope(|| current::trace().unwrap());
        assert_ne!(
            Some(trace.span_id()),
            current::trace().map(|outer| outer.span_id())
        );
        drop((inner, outer));
    });
    let before = service.otlp.accounting(Signal::Traces).unwrap();
    assert_eq!(before.created, 0, "nothing leaves before the request");
    respond(observation);
    let spans = service.spans();
    assert_eq!(service.otlp.accounting(Signal::Traces).unwrap().exported, 3);
    let [request, outer, inner] =
        ["GET /users/{id}", "outer", "inner"].map(|name| of_name(&spans, name));
    assert_eq!(outer.parent_span_id, request.span_id);
    assert_eq!(inner.parent_span_id, outer.span_id);
    assert!(spans.iter().all(|span| span.trace_id == request.trace_id));
    assert_eq!(texts(&outer.attributes), ["user.id=7", "name=ada"]);
    assert_eq!(
        texts(&inner.attributes),
        ["ok=true", "ratio=0.5", "debug=Some(1)"]
    );
    assert_eq!(outer.kind(), SpanKind::Internal);
    // A parent of the same process.
    assert_eq!(outer.flags & 0x300, 0x100);
    assert!(outer.start_time_unix_nano <= inner.start_time_unix_nano);
    assert!(inner.end_time_unix_nano <= outer.end_time_unix_nano);
    assert!(request.start_time_unix_nano <= outer.start_time_unix_nano);
}

fn events_are_those_of_the_span_they_happen_in(through: Through) {
    let service = Service::new();
    respond(service.handle(through, || {
        tracing::info!(item = 4, "looked up");
        tracing::info_span!("child").in_scope(|| tracing::warn!("slow"));
        tracing::debug!("not at this level");
    }));
    let spans = service.spans();
    let request = of_name(&spans, "GET /users/{id}");
    assert_eq!(request.events.len(), 1, "{request:#?}");
    assert_eq!(request.events[0].name, "looked up");
    let attributes = texts(&request.events[0].attributes);
    assert_eq!(attributes[0], "level=INFO");
    assert!(
        attributes[1].starts_with("target=all::traces::layer"),
        "{attributes:?}"
    );
    assert_eq!(attributes[2], "item=4");
    assert_eq!(of_name(&spans, "child").events[0].name, "slow");
}

fn an_error_event_makes_its_span_an_error(through: Through) {
    let service = Service::new();
    respond(service.handle(through, || {
        let error = io::Error::other("connection reset");
        let error: &dyn std::error::Error = &error;
        tracing::info_span!("failing").in_scope(|| tracing::error!(error, "query failed"));
        tracing::info_span!("fine").in_scope(|| tracing::warn!("only slow"));
    }));
    let spans = service.spans();
    let status = of_name(&spans, "failing").status.clone().unwrap();
    assert_eq!(
        (status.code(), &*status.message),
        (StatusCode::Error, "connection reset")
    );
    assert_eq!(of_name(&spans, "fine").status, None);
}

/// How many bytes of a value are kept.
const LONGEST_VALUE: usize = 4_096;

fn what_an_error_says_is_bounded_and_printed_once(through: Through) {
    /// Says a MiB, and counts what it gets rid of.
    #[derive(Debug, Default)]
    struct Long(AtomicUsize);
    impl fmt::Display for Long {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            (0..1 << 20).try_for_each(|_| {
                self.0.fetch_add(1, Relaxed);
                f.write_str("x")
            })
        }
    }
    impl Error for Long {}
    let service = Service::new();
    let long = Long::default();
    respond(service.handle(through, || {
        let error: &dyn Error = &long;
        tracing::info_span!("failing").in_scope(|| tracing::error!(error, "query failed"));
        tracing::info_span!("named", otel.status_code = "error", otel.status_description = %long)
            .in_scope(|| ());
    }));
    assert_eq!(long.0.load(Relaxed), 2 * (LONGEST_VALUE + 1));
    let spans = service.spans();
    let said = "x".repeat(LONGEST_VALUE);
    for name in ["failing", "named"] {
        assert_eq!(of_name(&spans, name).status.as_ref().unwrap().message, said);
    }
    let event = &of_name(&spans, "failing").events[0];
    let expected = ["exception.message", "error"].map(|key| format!("{key}={said}"));
    assert_eq!(texts(&event.attributes)[2..], expected);
}

fn an_event_with_more_attributes_than_there_is_room_for_tells_how_many(through: Through) {
    let service = Service::new();
    respond(service.handle(through, || {
        let (v, w) = ("x".repeat(LONGEST_VALUE), "y".repeat(2 * LONGEST_VALUE));
        let (a, b, c, d, e) = (&*v, &*v, &*v, &*v, &*v);
        tracing::info!(a, b, c, d, e, f = a, g = a, h = a, i = a, j = w, k = w, l = ?v, m = %v, n = a, o = a, p = a, "large");
    }));
    let spans = service.spans();
    let event = &of_name(&spans, "GET /users/{id}").events[0];
    let (kept, dropped) = (event.attributes.len(), event.dropped_attributes_count);
    // Level and target are there in any case.
    assert_eq!((kept, dropped), (15 + 2, 1));
}

fn attributes_that_are_recorded_together_are_dropped_and_counted_each(through: Through) {
    let service = Service::new();
    respond(service.handle(through, || {
        let v = "x".repeat(LONGEST_VALUE);
        let v = &*v;
        let span = tracing::info_span!(
            "large",
            a = v,
            b = v,
            c = v,
            d = v,
            e = v,
            f = v,
            g = v,
            h = v,
            i = v,
            j = v,
            k = v,
            l = v,
            m = tracing::field::Empty,
            n = tracing::field::Empty,
            o = tracing::field::Empty,
            p = tracing::field::Empty
        );
        tracing::record_all!(span, m = v, n = v, o = v, p = v);
        span.record("m", 7);
    }));
    let spans = service.spans();
    let span = of_name(&spans, "large");
    let (kept, dropped) = (span.attributes.len(), span.dropped_attributes_count);
    assert_eq!((kept, dropped), (12 + 1, 4));
}

fn fields_of_the_names_that_tracing_opentelemetry_knows_are_no_attributes(through: Through) {
    let service = Service::new();
    respond(service.handle(through, || {
        let span = tracing::info_span!(
            "query",
            otel.name = "SELECT users",
            otel.kind = "client",
            otel.status_code = tracing::field::Empty,
            rows = tracing::field::Empty
        );
        span.record("rows", 3);
        span.record("otel.status_code", "error");
    }));
    let spans = service.spans();
    let query = of_name(&spans, "SELECT users");
    assert_eq!(query.kind(), SpanKind::Client);
    assert_eq!(query.status.clone().unwrap().code(), StatusCode::Error);
    assert_eq!(texts(&query.attributes), ["rows=3"]);
}

fn a_request_that_is_not_recorded_has_no_orphans(through: Through) {
    let service = Service::sampling(Sampler::always_off());
    respond(service.handle(through, || {
        tracing::info_span!("child").in_scope(|| {
            tracing::info_span!("grandchild").in_scope(|| tracing::info!("event"));
        });
    }));
    assert!(service.spans().is_empty());
}

#[test]
fn a_subscriber_of_its_own_opens_no_span_that_is_not_recorded() {
    for (sampler, recorded) in [(Sampler::always_on(), true), (Sampler::always_off(), false)] {
        let service = Service::sampling(sampler);
        let subscriber = service.own_subscriber();
        let mut observation = service.start(&());
        let disabled = observation.run(|| {
            let open = || [tracing::info_span!("child"), tracing::debug_span!("detail")];
            let spans = dispatcher::with_default(&subscriber, open);
            spans.map(|span| span.is_disabled())
        });
        assert_eq!(disabled.unwrap(), [!recorded, true]);
        respond(observation);
        assert_eq!(service.spans().len(), if recorded { 2 } else { 0 });
    }
}

#[test]
fn what_others_log_has_no_say_in_what_is_traced() {
    let service = Service::new();
    let layer = service
        .otlp
        .tracing_layer(&service.observer, LevelFilter::INFO);
    let logs = tracing_subscriber::fmt::layer()
        .with_writer(io::sink)
        .with_filter(EnvFilter::new("error"));
    let subscriber = Dispatch::new(registry().with(logs).with(layer));
    let mut observation = service.start(&());
    dispatcher::with_default(&subscriber, || {
        observation
            .run(|| tracing::info_span!("child").in_scope(|| ()))
            .unwrap();
    });
    respond(observation);
    assert_eq!(service.spans().len(), 2);
}

fn a_span_that_outlives_its_request_leaves_on_its_own(through: Through) {
    let service = Service::new();
    let mut late = None;
    respond(service.handle(through, || {
        late = Some(tracing::info_span!("late"));
    }));
    drop(late);
    let spans = service.spans();
    let request = of_name(&spans, "GET /users/{id}");
    assert_eq!(of_name(&spans, "late").parent_span_id, request.span_id);
}

fn what_is_carried_to_another_thread_stays_in_the_trace(through: Through) {
    let service = Service::new();
    let subscriber = through(&service);
    let mut carried = None;
    respond(service.handle(through, || {
        carried = Some(current::carry(async {
            tracing::info_span!("elsewhere").in_scope(|| ());
        }));
    }));
    let carried = carried.unwrap();
    thread::spawn(move || {
        dispatcher::with_default(&subscriber, || futures_executor::block_on(carried));
    })
    .join()
    .unwrap();
    let spans = service.spans();
    let request = of_name(&spans, "GET /users/{id}");
    assert_eq!(of_name(&spans, "elsewhere").parent_span_id, request.span_id);
}

fn spans_outside_of_requests_begin_traces_as_the_sampler_says(through: Through) {
    for (sampler, expected) in [(Sampler::always_on(), 2), (Sampler::always_off(), 0)] {
        let service = Service::sampling(sampler);
        dispatcher::with_default(&through(&service), || {
            tracing::info_span!("root").in_scope(|| {
                tracing::info_span!("child").in_scope(|| tracing::info!("event"));
            });
        });
        let spans = service.spans();
        assert_eq!(spans.len(), expected);
        if let [root, child] = &*spans {
            assert!(root.parent_span_id.is_empty());
            assert_eq!(hex(&child.parent_span_id), hex(&root.span_id));
        } else {
            let accounting = service.otlp.accounting(Signal::Traces).unwrap();
            assert_eq!(accounting.dropped(DropReason::Sampled), 1);
        }
    }
}

fn explicit_parents_have_precedence(through: Through) {
    let service = Service::new();
    respond(service.handle(through, || {
        let first = tracing::info_span!("first");
        tracing::info_span!("second").in_scope(|| {
            tracing::info_span!(parent: &first, "of the first").in_scope(|| ());
            tracing::info_span!(parent: None, "of none").in_scope(|| ());
        });
    }));
    let spans = service.spans();
    assert_eq!(
        of_name(&spans, "of the first").parent_span_id,
        of_name(&spans, "first").span_id
    );
    let none = of_name(&spans, "of none");
    assert!(none.parent_span_id.is_empty());
    assert_ne!(none.trace_id, of_name(&spans, "first").trace_id);
}

fn values_that_print_themselves_may_use_tracing(through: Through) {
    struct Chatty;
    impl std::fmt::Debug for Chatty {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            tracing::info_span!("inside").in_scope(|| tracing::info!("printing"));
            f.write_str("chatty")
        }
    }
    let service = Service::new();
    respond(service.handle(through, || {
        let span =
            tracing::span!(Level::INFO, "outer", at_first = ?Chatty, later = tracing::field::Empty);
        let entered = span.enter();
        span.record("later", tracing::field::debug(Chatty));
        tracing::info!(value = ?Chatty, "event");
        drop(entered);
    }));
    let spans = service.spans();
    let outer = of_name(&spans, "outer");
    assert_eq!(
        texts(&outer.attributes),
        ["at_first=chatty", "later=chatty"]
    );
    assert_eq!(of_name(&spans, "GET /users/{id}").events.len(), 0);
}

fn a_request_with_more_spans_than_it_has_room_for_loses_none(through: Through) {
    let service = Service::new();
    let many = 2_000;
    respond(service.handle(through, || {
        let text = "x".repeat(300);
        for _ in 0..many {
            tracing::info_span!("one of many", text).in_scope(|| ());
        }
    }));
    assert_eq!(service.spans().len(), many + 1);
}

fn handles_of_a_span_are_one_span(through: Through) {
    let service = Service::new();
    respond(service.handle(through, || {
        let span = tracing::info_span!("shared", part = tracing::field::Empty);
        let other = span.clone();
        drop(span);
        other.in_scope(|| tracing::info!("still open"));
        other.record("part", 2);
    }));
    let spans = service.spans();
    assert_eq!(spans.len(), 2);
    let shared = of_name(&spans, "shared");
    assert_eq!(shared.events.len(), 1);
    assert_eq!(texts(&shared.attributes), ["part=2"]);
}

fn what_follows_the_current_span_is_below_it(through: Through) {
    let service = Service::new();
    respond(service.handle(through, || {
        let _outer = tracing::info_span!("outer").entered();
        let current = tracing::Span::current();
        assert_eq!(current.metadata().unwrap().name(), "outer");
        thread::scope(|scope| {
            let subscriber = dispatcher::get_default(Clone::clone);
            scope.spawn(move || {
                dispatcher::with_default(&subscriber, || {
                    current.in_scope(|| tracing::info_span!("elsewhere").in_scope(|| ()));
                });
            });
        });
    }));
    let spans = service.spans();
    let outer = of_name(&spans, "outer");
    assert_eq!(of_name(&spans, "elsewhere").parent_span_id, outer.span_id);
}

#[test]
fn a_layer_that_is_added_twice_makes_two_spans_of_one() {
    let service = Service::new();
    let (otlp, observer) = (&service.otlp, &service.observer);
    let once = registry().with(otlp.tracing_layer(observer, LevelFilter::INFO));
    let subscriber = Dispatch::new(once.with(otlp.tracing_layer(observer, LevelFilter::INFO)));
    let mut observation = service.start(&());
    dispatcher::with_default(&subscriber, || {
        let run = || tracing::info_span!("child").in_scope(|| tracing::info!("event"));
        observation.run(run).unwrap();
    });
    respond(observation);
    let spans = service.spans();
    let children = spans.iter().filter(|span| span.name == "child");
    assert_eq!(
        Vec::from_iter(children.map(|span| span.events.len())),
        [1, 1]
    );
}

#[test]
fn a_parent_that_is_not_traced_leaves_its_children_in_the_request() {
    let service = Service::new();
    let layer = service
        .otlp
        .tracing_layer(&service.observer, LevelFilter::INFO);
    let logs = tracing_subscriber::fmt::layer().with_writer(io::sink);
    let subscriber = Dispatch::new(registry().with(logs).with(layer));
    let mut observation = service.start(&());
    dispatcher::with_default(&subscriber, || {
        let run = || {
            let detail = tracing::debug_span!("not at this level");
            tracing::info_span!(parent: &detail, "child").in_scope(|| ());
        };
        observation.run(run).unwrap();
    });
    respond(observation);
    let spans = service.spans();
    let request = of_name(&spans, "GET /users/{id}");
    assert_eq!(of_name(&spans, "child").parent_span_id, request.span_id);
}
