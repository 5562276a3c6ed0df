//! Spans of which it is known by the context alone what they belong to, where it is decided at the end what is kept.

use std::thread;

use opentelemetry::{
    Context,
    trace::{Status, TraceContextExt as _, Tracer as _},
};
use steeple_core::{Observation, ResponseHead, Sampler};
use steeple_otlp::{Signal, TailSampling, opentelemetry::Tracer};

use super::Stage;

fn stage() -> Stage {
    Stage::with(Sampler::always_on(), |builder| {
        builder.tail_sampling(TailSampling::ratio(0.0))
    })
}

/// Begins spans below each other in a task that is given the context alone: of the API, of tracing, and of the API again.
fn spawn(stage: &Stage, tracer: &Tracer, around: Context) {
    let there = || {
        let _attached = around.attach();
        tracing::dispatcher::with_default(&stage.dispatch, || {
            tracer.in_span("first", |_| {
                tracing::info_span!("second").in_scope(|| tracer.in_span("third", |_| ()));
                tracer.in_span("fourth", |_| drop(tracer.start("fifth")));
            });
        });
    };
    thread::scope(|scope| scope.spawn(there).join().unwrap());
}

#[test]
fn a_task_that_is_given_the_context_alone_shares_the_fate_of_the_request() {
    for (status, is_late) in [(500, false), (500, true), (200, false), (200, true)] {
        let (stage, respond) = (stage(), |request: &mut Observation| {
            request.respond(&ResponseHead {
                status,
                headers: &(),
                body_size: Some(0),
            });
        });
        let (tracer, mut request) = (stage.tracer(), stage.request());
        let handle = || {
            let _entered = tracing::info_span!("handler").entered();
            tracer.in_span("outer", |_| Context::current())
        };
        let around = tracing::dispatcher::with_default(&stage.dispatch, || request.run(handle));
        if is_late {
            respond(&mut request);
        }
        spawn(&stage, &tracer, around.unwrap());
        if !is_late {
            let created = stage.otlp.accounting(Signal::Traces).unwrap().created;
            assert_eq!(created, 0, "nothing is decided");
            respond(&mut request);
        }
        let spans = stage.spans();
        assert_eq!(spans.len(), if status == 500 { 8 } else { 0 });
        for (child, parent) in [
            ("handler", "GET /"),
            ("outer", "handler"),
            ("first", "outer"),
            ("second", "first"),
            ("third", "second"),
            ("fourth", "first"),
            ("fifth", "fourth"),
        ] {
            let ids = spans.get(child).zip(spans.get(parent));
            assert!(ids.is_none_or(|(child, parent)| child.parent_span_id == parent.span_id));
        }
    }
}

#[test]
fn a_trace_of_the_api_alone_is_kept_whole_if_its_first_span_failed() {
    for (failed, kept) in [(true, 4), (false, 0)] {
        let stage = stage();
        let tracer = stage.tracer();
        tracer.in_span("root", |context| {
            tracer.in_span("child", |_| {
                tracer.in_span("grandchild", |_| drop(tracer.start("last")));
            });
            if failed {
                context.span().set_status(Status::error("on purpose"));
            }
        });
        assert_eq!(stage.spans().len(), kept);
    }
}
