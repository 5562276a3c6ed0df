//! What clients that are instrumented with the API tell those whom they call.

use std::collections::HashMap;

use opentelemetry::{
    Context,
    propagation::TextMapPropagator as _,
    trace::{Span as _, SpanContext, TraceContextExt as _, TraceFlags, Tracer as _},
};
use steeple_core::{Observer, Propagators, Sampler, TraceConfig, TraceContext, current};
use steeple_otlp::opentelemetry::Propagator;

use super::{Stage, here, span_id, trace_id};

type Fields = HashMap<String, String>;

fn told(observer: &Observer) -> Fields {
    let mut fields = Fields::new();
    Propagator::new(observer).inject(&mut fields);
    fields
}

fn traceparent(place: &TraceContext) -> String {
    let flags = place.flags();
    format!("00-{}-{}-{flags:02x}", place.trace_id(), place.span_id())
}

#[test]
fn what_is_sent_on_is_of_the_innermost_span() {
    let stage = Stage::recording();
    let tracer = stage.tracer();
    let mut request = stage.request();
    let ran = request.run(|| {
        current::set_baggage("tenant", "7");
        let fields = told(&stage.observer);
        assert_eq!(fields["traceparent"], traceparent(&here()));
        assert_eq!(fields["baggage"], "tenant=7");
        let before = Context::current();
        tracer.in_span("child", |_| {
            assert_eq!(told(&stage.observer)["traceparent"], traceparent(&here()));
            // Another place may be given.
            let mut fields = Fields::new();
            Propagator::new(&stage.observer).inject_context(&before, &mut fields);
            assert_ne!(fields["traceparent"], traceparent(&here()));
        });
    });
    ran.unwrap();
    assert!(told(&stage.observer).is_empty());
}

#[test]
fn what_is_sent_on_from_an_unsampled_request_is_of_its_trace() {
    let stage = Stage::new(Sampler::always_off());
    let (fields, place) = stage
        .request()
        .run(|| (told(&stage.observer), current::trace().unwrap()))
        .unwrap();
    assert_eq!(fields["traceparent"], traceparent(&place));
}

#[test]
fn what_comes_by_other_ways_is_continued_in_every_format() {
    for (list, field, value) in [
        (
            "tracecontext",
            "traceparent",
            "00-07070707070707070707070707070707-0909090909090909-01",
        ),
        (
            "b3",
            "b3",
            "07070707070707070707070707070707-0909090909090909-1",
        ),
    ] {
        let traces = TraceConfig::new().propagators(Propagators::parse(list, |_| ()));
        let observer = Observer::builder().traces(traces).build().unwrap();
        let propagator = Propagator::new(&observer);
        assert!(propagator.fields().any(|name| name == field));
        let came = [(field, value), ("tracestate", "vendor=1")];
        let came: Fields = came
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into();
        let context = propagator.extract(&came);
        let state = if list == "b3" { "" } else { "vendor=1" };
        let expected = SpanContext::new(
            trace_id(),
            span_id(),
            TraceFlags::SAMPLED,
            true,
            state.parse().unwrap(),
        );
        assert_eq!(*context.span().span_context(), expected);

        let stage = Stage::recording();
        let span = stage.tracer().start_with_context("received", &context);
        let place = span.span_context().clone();
        let mut sent = Fields::new();
        propagator.inject_context(&context.with_span(span), &mut sent);
        assert!(sent[field].contains(&place.span_id().to_string()));
        assert_eq!(sent.get("tracestate").map_or("", String::as_str), state);

        let nothing = propagator.extract(&Fields::new());
        assert!(!nothing.has_active_span());
    }
}
