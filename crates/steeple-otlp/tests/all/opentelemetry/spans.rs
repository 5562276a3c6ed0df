//! Spans of the API, and what is current.

use std::{
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    time::{Duration, UNIX_EPOCH},
};

use opentelemetry::{
    Array, Context, InstrumentationScope, KeyValue, TraceFlags, Value, global,
    trace::{
        Event, FutureExt as _, Link, Span as _, SpanContext, SpanKind, Status,
        TraceContextExt as _, TraceState, Tracer as _, TracerProvider as _, get_active_span,
    },
};
use opentelemetry_proto::tonic::{
    common::v1::{ArrayValue, any_value::Value as Any},
    trace::v1::{span::SpanKind as Kind, status::StatusCode},
};
use steeple_core::{Sampler, TraceConfig, Trust, current};
use steeple_otlp::{OtlpBuilder, Signal};
use tokio::runtime;
use tracing::instrument::WithSubscriber as _;

use super::{Stage, here, ids, in_context, is_nowhere, span_id, trace_id};
use crate::{
    signals::{any, attribute, text},
    sink::PATIENCE,
};

#[test]
fn the_context_tells_of_a_recorded_request_for_as_long_as_it_is_polled() {
    let stage = Stage::recording();
    let mut request = stage.request();
    let first = request.run(here).unwrap();
    assert!(is_nowhere());
    assert_eq!(request.run(here).unwrap(), first);

    request.run(|| panic!("in a context")).unwrap_err();
    assert!(is_nowhere());
    request.finish();
    let spans = stage.spans();
    assert_eq!(spans["GET /"].span_id, first.span_id().to_bytes());
}

#[test]
fn nested_requests_and_panics_in_spans_leave_the_context_as_it_was() {
    let stage = Stage::recording();
    let tracer = stage.tracer();
    let (mut outer, mut inner) = (stage.request(), stage.request());
    tracing::dispatcher::with_default(&stage.dispatch, || {
        let ran = outer.run(|| {
            let before = here();
            let caught = catch_unwind(AssertUnwindSafe(|| {
                let _span = tracing::info_span!("outer").entered();
                let inside = inner.run(|| tracer.in_span("inner", |_| here())).unwrap();
                assert_ne!(inside.trace_id(), before.trace_id());
                assert_eq!(here().parent_span_id(), Some(before.span_id()));
                panic!("in a span");
            }));
            caught.unwrap_err();
            assert_eq!(here(), before);
        });
        ran.unwrap();
    });
    assert!(is_nowhere());
}

#[test]
fn spans_of_the_api_and_of_tracing_are_below_each_other() {
    let ([request, first, second], spans) = Stage::recording().spans_of(|tracer| {
        let request = here();
        tracer.in_span("first", |_| {
            let first = here();
            let second = tracing::info_span!("second").in_scope(|| {
                let second = here();
                tracer.in_span("third", |_| here());
                let by_hand = tracer.start("fourth");
                assert_eq!(here(), second);
                let attached = Context::current_with_span(by_hand).attach();
                tracing::info_span!("fifth").in_scope(here);
                drop(attached);
                assert_eq!(here(), second);
                second
            });
            assert_eq!(here(), first);
            [request, first, second]
        })
    });
    assert_eq!(spans.len(), 6);
    for (name, place) in [("GET /", request), ("first", first), ("second", second)] {
        assert_eq!(
            (name, &*spans[name].span_id),
            (name, &place.span_id().to_bytes()[..])
        );
    }
    for (child, parent) in [
        ("first", "GET /"),
        ("second", "first"),
        ("third", "second"),
        ("fourth", "second"),
        ("fifth", "fourth"),
    ] {
        let span = &spans[child];
        assert_eq!(
            (child, &span.parent_span_id),
            (child, &spans[parent].span_id)
        );
        assert_eq!(span.trace_id, request.trace_id().to_bytes());
        // Its parent is known not to be remote.
        assert_eq!(span.flags & 0x300, 0x100);
    }
}

#[test]
fn spans_of_a_request_leave_with_it() {
    let stage = Stage::recording();
    let (tracer, mut request) = (stage.tracer(), stage.request());
    request.run(|| tracer.in_span("child", |_| ())).unwrap();
    let created = |stage: &Stage| stage.otlp.accounting(Signal::Traces).unwrap().created;
    assert_eq!(created(&stage), 0);
    request.finish();
    assert_eq!(created(&stage), 2);
}

#[test]
fn what_a_span_is_told_arrives() {
    let at = |seconds| UNIX_EPOCH + Duration::from_secs(seconds);
    let linked = SpanContext::new(
        trace_id(),
        span_id(),
        TraceFlags::SAMPLED,
        true,
        TraceState::from_key_value([("vendor", "1")]).unwrap(),
    );
    let stage = Stage::recording();
    let scope = InstrumentationScope::builder("client").with_version("1.2");
    let tracer = stage.provider().tracer_with_scope(scope.build());
    let mut span = tracer
        .span_builder("before")
        .with_kind(SpanKind::Client)
        .with_start_time(at(10))
        .with_attributes([KeyValue::new("built", true)])
        .with_events(vec![Event::new("early", at(11), Vec::new(), 0)])
        .with_links(vec![Link::with_context(linked.clone())])
        .start(&tracer);
    assert!(span.is_recording());
    span.update_name("after");
    for (key, value) in [
        ("text", Value::from("a")),
        ("integer", Value::from(-3_i64)),
        ("float", Value::from(0.5)),
        (
            "texts",
            Value::Array(Array::String(vec!["a".into(), "b".into()])),
        ),
        ("integers", Value::Array(Array::I64(vec![1, 2]))),
        ("floats", Value::Array(Array::F64(vec![1.5]))),
        ("booleans", Value::Array(Array::Bool(vec![true, false]))),
    ] {
        span.set_attribute(KeyValue::new(key, value));
    }
    span.add_event_with_timestamp("late", at(12), vec![KeyValue::new("tries", 2)]);
    span.add_link(linked, vec![KeyValue::new("why", "batch")]);
    span.set_status(Status::error("refused"));
    span.set_status(Status::Unset);
    span.end_with_timestamp(at(13));
    assert!(!span.is_recording());
    span.set_attribute(KeyValue::new("too", "late"));
    drop(span);

    let spans = stage.spans();
    assert_eq!(spans.len(), 1);
    let span = &spans["after"];
    assert_eq!(span.kind, Kind::Client as i32);
    let seconds = |nanos| nanos / 1_000_000_000;
    assert_eq!(
        [span.start_time_unix_nano, span.end_time_unix_nano].map(seconds),
        [10, 13]
    );
    let list = |values: &[Any]| {
        let values = values.iter().cloned().filter_map(any).collect();
        Any::ArrayValue(ArrayValue { values })
    };
    assert_eq!(
        span.attributes,
        [
            attribute("otel.scope.name", text("client")),
            attribute("otel.scope.version", text("1.2")),
            attribute("built", Any::BoolValue(true)),
            attribute("text", text("a")),
            attribute("integer", Any::IntValue(-3)),
            attribute("float", Any::DoubleValue(0.5)),
            attribute("texts", list(&[text("a"), text("b")])),
            attribute("integers", list(&[Any::IntValue(1), Any::IntValue(2)])),
            attribute("floats", list(&[Any::DoubleValue(1.5)])),
            attribute(
                "booleans",
                list(&[Any::BoolValue(true), Any::BoolValue(false)])
            ),
        ]
    );
    let events: Vec<_> = span
        .events
        .iter()
        .map(|event| {
            (
                &*event.name,
                seconds(event.time_unix_nano),
                event.attributes.clone(),
            )
        })
        .collect();
    let tries = attribute("tries", Any::IntValue(2));
    assert_eq!(events, [("early", 11, vec![]), ("late", 12, vec![tries])]);
    for (link, attributes) in span
        .links
        .iter()
        .zip([vec![], vec![attribute("why", text("batch"))]])
    {
        assert_eq!(
            (&*link.trace_id, &*link.span_id),
            (&[7; 16][..], &[9; 8][..])
        );
        assert_eq!((&*link.trace_state, link.flags), ("vendor=1", 0x301));
        assert_eq!(link.attributes, attributes);
    }
    assert_eq!(span.links.len(), 2);
    let status = span.status.as_ref().unwrap();
    assert_eq!(
        (status.code(), &*status.message),
        (StatusCode::Error, "refused")
    );
}

#[test]
fn a_span_that_is_told_too_much_keeps_what_there_is_room_for_and_counts_the_rest() {
    let stage = Stage::recording();
    let mut span = stage.tracer().start("full");
    span.set_attribute(KeyValue::new("kept", 1));
    let much = "x".repeat(64 << 10);
    span.set_attribute(KeyValue::new("much", much.clone()));
    span.add_event("much", vec![KeyValue::new("much", much.clone())]);
    span.add_link(
        span.span_context().clone(),
        vec![KeyValue::new("much", much)],
    );
    span.record_error(&io::Error::other("refused"));
    span.set_status(Status::Ok);
    span.set_status(Status::error("no"));
    drop(span);
    let spans = stage.spans();
    let span = &spans["full"];
    assert_eq!(span.attributes, [attribute("kept", Any::IntValue(1))]);
    assert_eq!(
        span.events[0].attributes,
        [attribute("exception.message", text("refused"))]
    );
    assert_eq!(
        [
            span.dropped_attributes_count,
            span.dropped_events_count,
            span.dropped_links_count
        ],
        [1, 1, 1]
    );
    assert_eq!(span.status.as_ref().unwrap().code(), StatusCode::Ok);
}

#[test]
fn nothing_of_an_unsampled_request_is_recorded_but_its_ids_are_kept() {
    let stage = Stage::new(Sampler::always_off());
    let (tracer, mut request) = (stage.tracer(), stage.request());
    let (trace, parent, child) = request
        .run(|| {
            assert!(!Context::current().has_active_span());
            let parent = tracer.start("parent");
            assert!(!parent.is_recording());
            let parent_ids = ids(parent.span_context());
            let around = Context::current_with_span(parent);
            let child = tracer.start_with_context("child", &around);
            assert!(!child.span_context().is_sampled());
            (
                current::trace().unwrap(),
                parent_ids,
                ids(child.span_context()),
            )
        })
        .unwrap();
    assert_eq!([parent.0, child.0], [trace.trace_id().to_bytes(); 2]);
    assert_ne!(parent.1, child.1);
    request.finish();
    let accounting = stage.otlp.accounting(Signal::Traces).unwrap();
    assert_eq!((accounting.created, accounting.exported), (3, 0));
    assert!(stage.spans().is_empty());
}

#[test]
fn the_sampler_decides_on_spans_outside_of_any_request() {
    for (sampler, recorded) in [(Sampler::always_on(), 2), (Sampler::always_off(), 0)] {
        let stage = Stage::new(sampler);
        stage.tracer().in_span("root", |_| {
            let parent = in_context();
            let span = tracing::dispatcher::with_default(&stage.dispatch, || {
                let span = tracing::info_span!("child");
                let _entered = span.enter();
                in_context()
            });
            assert_eq!(span.0, parent.0);
        });
        let spans = stage.spans();
        assert_eq!(spans.len(), recorded);
        if recorded > 0 {
            assert!(spans["root"].parent_span_id.is_empty());
            assert_eq!(spans["child"].parent_span_id, spans["root"].span_id);
        }
    }
}

/// What came from another service, as it says recorded or not.
fn received(flags: TraceFlags) -> Context {
    let state = TraceState::from_key_value([("vendor", "1")]).unwrap();
    let caller = SpanContext::new(trace_id(), span_id(), flags, true, state);
    Context::new().with_remote_span_context(caller)
}

#[test]
fn a_remote_parent_is_heeded_if_everybody_is_trusted() {
    for (sampler, trust, recorded) in [
        (Sampler::always_off(), Trust::nobody(), &[][..]),
        (Sampler::always_on(), Trust::nobody(), &["not", "sampled"]),
        (Sampler::always_off(), Trust::everybody(), &["sampled"]),
        (Sampler::always_on(), Trust::everybody(), &["sampled"]),
    ] {
        let config = TraceConfig::new().sampler(sampler.parent_based());
        let stage = Stage::configured(config.trust(trust), |builder| builder);
        let tracer = stage.tracer();
        for (flags, name) in [
            (TraceFlags::SAMPLED, "sampled"),
            (TraceFlags::NOT_SAMPLED, "not"),
        ] {
            let span = tracer.start_with_context(name, &received(flags));
            let span_context = span.span_context();
            assert_eq!(span_context.trace_id(), trace_id());
            assert_eq!(span_context.is_sampled(), recorded.contains(&name));
            assert_eq!(span_context.trace_state().header(), "vendor=1");
        }
        let spans = stage.spans();
        let mut names = Vec::from_iter(spans.keys().map(String::as_str));
        names.sort_unstable();
        assert_eq!(names, recorded);
        for span in spans.values() {
            assert_eq!(
                (&*span.trace_id, &*span.parent_span_id),
                (&[7; 16][..], &[9; 8][..])
            );
            assert_eq!((&*span.trace_state, span.flags), ("vendor=1", 0x301));
        }
    }
}

#[test]
fn spans_of_tracing_below_a_remote_parent_are_decided_on_alike() {
    for (sampler, recorded) in [(Sampler::always_on(), 1), (Sampler::always_off(), 0)] {
        let stage = Stage::new(sampler);
        let _received = received(TraceFlags::NOT_SAMPLED).attach();
        let _sampled = received(TraceFlags::SAMPLED).attach();
        tracing::dispatcher::with_default(&stage.dispatch, || {
            tracing::info_span!("received").in_scope(|| ());
        });
        assert_eq!(stage.spans().len(), recorded);
    }
}

#[test]
fn a_public_endpoint_leaves_the_trace_of_a_remote_parent_and_links_to_it() {
    let stage = Stage::configured(TraceConfig::new().public_endpoint(), |builder| builder);
    let around = received(TraceFlags::SAMPLED);
    let span = stage.tracer().start_with_context("received", &around);
    assert_ne!(span.span_context().trace_id(), trace_id());
    drop(span);
    let spans = stage.spans();
    let span = &spans["received"];
    assert_eq!((&*span.parent_span_id, &*span.trace_state), (&[][..], ""));
    let link = &span.links[0];
    assert_eq!(
        (&*link.trace_id, &*link.span_id, &*link.trace_state),
        (&[7; 16][..], &[9; 8][..], "vendor=1")
    );
}

#[test]
fn a_remote_parent_of_the_request_s_own_trace_is_recorded_if_the_request_is() {
    for (sampler, recorded) in [(Sampler::always_on(), 2), (Sampler::always_off(), 0)] {
        let stage = Stage::new(sampler);
        let tracer = stage.tracer();
        let mut request = stage.request();
        let own = request.run(|| current::trace().unwrap()).unwrap();
        let caller = SpanContext::new(
            opentelemetry::TraceId::from_bytes(own.trace_id().to_bytes()),
            span_id(),
            TraceFlags::SAMPLED,
            true,
            TraceState::NONE,
        );
        let around = Context::new().with_remote_span_context(caller);
        let received = || drop(tracer.start_with_context("received", &around));
        request.run(received).unwrap();
        request.finish();
        assert_eq!(stage.spans().len(), recorded);
    }
}

#[test]
fn handlers_and_the_tasks_that_they_spawn_agree_on_any_thread() {
    let stage = Stage::recording();
    let tracer = stage.tracer();
    let runtime = runtime::Builder::new_multi_thread()
        .worker_threads(4)
        .build()
        .unwrap();
    let handlers: Vec<_> = (0..64)
        .map(|number| {
            let tracer = tracer.clone();
            let handler = async move {
                let request = here();
                let span = tracer.start(format!("span {number}"));
                let around = Context::current_with_span(span);
                let inner = async {
                    let first = here();
                    for _ in 0..20 {
                        tokio::task::yield_now().await;
                        assert_eq!(here(), first);
                    }
                    let spawned = tracer.clone();
                    let task = async move {
                        tokio::task::yield_now().await;
                        spawned.in_span(format!("task {number}"), |_| in_context())
                    };
                    let there = tokio::spawn(task.with_current_context()).await.unwrap();
                    assert_eq!((here(), there.0), (first, first.trace_id().to_bytes()));
                    let carried = tracer.clone();
                    let carried = async move {
                        tokio::task::yield_now().await;
                        carried.in_span(format!("carried {number}"), |_| in_context())
                    };
                    tokio::spawn(current::carry(carried)).await.unwrap();
                };
                inner.with_context(around).await;
                assert_eq!(here(), request);
            };
            let handler = handler.with_subscriber(stage.dispatch.clone());
            runtime.spawn(stage.observer.observe("job", "handler").instrument(handler))
        })
        .collect();
    for handler in handlers {
        runtime.block_on(handler).unwrap();
    }
    runtime.block_on(async { assert!(is_nowhere()) });
    drop(runtime);
    let spans = stage.spans();
    for number in 0..64 {
        let span = &spans[&format!("span {number}")];
        for below in ["task", "carried"] {
            let task = &spans[&format!("{below} {number}")];
            assert_eq!(task.parent_span_id, span.span_id);
            assert_eq!(task.trace_id, span.trace_id);
            assert_eq!(task.flags & 0x300, 0x100);
        }
    }
}

#[test]
fn a_span_may_be_entered_while_the_context_is_being_read() {
    let (_, spans) = Stage::recording().spans_of(|_| {
        let before = here();
        get_active_span(|_| tracing::info_span!("reading").in_scope(|| ()));
        assert_eq!(here(), before);
    });
    assert_eq!(spans["reading"].parent_span_id, spans["GET /"].span_id);
}

#[test]
fn a_suppressed_context_has_no_spans() {
    let (_, spans) = Stage::recording().spans_of(|tracer| {
        let _suppressed = Context::enter_telemetry_suppressed_scope();
        assert!(!tracer.start("suppressed").span_context().is_valid());
    });
    assert_eq!(spans.len(), 1);
}

#[test]
fn without_the_context_spans_are_below_the_request_all_the_same() {
    let stage = Stage::with(
        Sampler::always_on(),
        OtlpBuilder::without_opentelemetry_context,
    );
    let (_, spans) = stage.spans_of(|tracer| {
        tracing::info_span!("outer").in_scope(|| {
            assert!(!Context::current().has_active_span());
            drop(tracer.start("inner"));
        });
    });
    assert_eq!(spans["outer"].parent_span_id, spans["GET /"].span_id);
    assert_eq!(spans["inner"].parent_span_id, spans["outer"].span_id);
}

#[test]
fn the_export_makes_no_spans_of_its_own() {
    let stage = Stage::recording();
    stage.provider().set_global();
    global::tracer("shop").in_span("one", |_| ());
    for _ in 0..3 {
        assert!(stage.otlp.flush_blocking(PATIENCE).is_complete());
    }
    assert_eq!(stage.otlp.accounting(Signal::Traces).unwrap().created, 1);
    assert_eq!(stage.spans().len(), 1);
}
