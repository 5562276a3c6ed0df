//! The spans of `tracing`.

use std::{io, thread};

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

impl Service {
    pub(super) fn subscriber(&self) -> Dispatch {
        let layer = self.otlp.tracing_layer(&self.observer, LevelFilter::INFO);
        Dispatch::new(registry().with(layer))
    }

    /// A request whose handler runs with the layer.
    fn handle(&self, handler: impl FnOnce()) -> Observation {
        let mut observation = self.start(&());
        let subscriber = self.subscriber();
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

#[test]
fn spans_nest_in_the_request_and_leave_with_it() {
    let service = Service::new();
    let observation = service.handle(|| {
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

#[test]
fn events_are_those_of_the_span_they_happen_in() {
    let service = Service::new();
    respond(service.handle(|| {
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

#[test]
fn an_error_event_makes_its_span_an_error() {
    let service = Service::new();
    respond(service.handle(|| {
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

#[test]
fn fields_of_the_names_that_tracing_opentelemetry_knows_are_no_attributes() {
    let service = Service::new();
    respond(service.handle(|| {
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

#[test]
fn a_request_that_is_not_recorded_has_no_orphans() {
    let service = Service::sampling(Sampler::always_off());
    respond(service.handle(|| {
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
        let subscriber = service
            .otlp
            .tracing_subscriber(&service.observer, LevelFilter::INFO);
        let subscriber = Dispatch::new(subscriber.unwrap());
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

#[test]
fn a_span_that_outlives_its_request_leaves_on_its_own() {
    let service = Service::new();
    let mut late = None;
    respond(service.handle(|| {
        late = Some(tracing::info_span!("late"));
    }));
    drop(late);
    let spans = service.spans();
    let request = of_name(&spans, "GET /users/{id}");
    assert_eq!(of_name(&spans, "late").parent_span_id, request.span_id);
}

#[test]
fn what_is_carried_to_another_thread_stays_in_the_trace() {
    let service = Service::new();
    let subscriber = service.subscriber();
    let mut carried = None;
    respond(service.handle(|| {
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

#[test]
fn spans_outside_of_requests_begin_traces_as_the_sampler_says() {
    for (sampler, expected) in [(Sampler::always_on(), 2), (Sampler::always_off(), 0)] {
        let service = Service::sampling(sampler);
        dispatcher::with_default(&service.subscriber(), || {
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

#[test]
fn explicit_parents_have_precedence() {
    let service = Service::new();
    respond(service.handle(|| {
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

#[test]
fn values_that_print_themselves_may_use_tracing() {
    struct Chatty;
    impl std::fmt::Debug for Chatty {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            tracing::info_span!("inside").in_scope(|| tracing::info!("printing"));
            f.write_str("chatty")
        }
    }
    let service = Service::new();
    respond(service.handle(|| {
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

#[test]
fn a_request_with_more_spans_than_it_has_room_for_loses_none() {
    let service = Service::new();
    let many = 2_000;
    respond(service.handle(|| {
        let text = "x".repeat(300);
        for _ in 0..many {
            tracing::info_span!("one of many", text).in_scope(|| ());
        }
    }));
    assert_eq!(service.spans().len(), many + 1);
}
