//! The current context of the API.

use std::{
    cell::RefCell,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::atomic::{AtomicBool, Ordering},
};

use opentelemetry::{
    Context, ContextGuard, TraceFlags,
    trace::{SpanContext, TraceContextExt as _, TraceState},
};
use steeple_core::{Observer, Scope, SpanId, TraceContext, TraceId, TraceScope, current};

use crate::traces::span_queue::SpanQueue;

thread_local! {
    /// None where the thread ends and contexts cannot be attached any more.
    static ATTACHED: RefCell<Option<Vec<(u64, ContextGuard)>>> = {
        // What was there first is destroyed last: as long as there is this, contexts can be attached.
        let is_there = caught(|| Context::map_current(|_| ()));
        RefCell::new(is_there.map(|()| Vec::new()))
    };
}

/// Whether somebody has asked for a tracer or for what is to be sent on.
static USED: AtomicBool = AtomicBool::new(false);

/// Tells that somebody uses the API.
pub(super) fn begin_use() {
    if !is_used() {
        USED.store(true, Ordering::Relaxed);
    }
}

/// Whether somebody uses the API: where nobody does, nobody has to be told of the spans of `tracing`, which would cost a third of
/// what such a span does.
#[inline]
pub(crate) fn is_used() -> bool {
    USED.load(Ordering::Relaxed)
}

/// Whether somebody holds spans until it is known whether their traces are kept.
static HOLDS: AtomicBool = AtomicBool::new(false);

/// Tells that spans are held by what their traces began with here.
pub(crate) fn begin_to_hold() {
    HOLDS.store(true, Ordering::Relaxed);
}

/// What the spans of a context began with here, which those who hold spans need to know wherever that gets.
struct LocalRoot(TraceContext);

/// That of requests and jobs. The ids of spans in a registry begin at 1.
const REQUEST: u64 = 0;

/// Makes `context` current until it is [detached](detach) by the same key.
pub(crate) fn attach(key: u64, context: Context) {
    let _ = ATTACHED.try_with(|attached| {
        // Borrowed already where the hook of a panic, in what is done here, leads here.
        if let Ok(mut attached) = attached.try_borrow_mut()
            && let Some(attached) = &mut *attached
            && let Some(guard) = caught(|| context.attach())
        {
            attached.push((key, guard));
        }
    });
}

/// Detaches what was attached by this key: the innermost, if all is in order.
pub(crate) fn detach(key: u64) {
    let guard = ATTACHED.try_with(|attached| {
        let mut attached = attached.try_borrow_mut().ok()?;
        let attached = attached.as_mut()?;
        if attached.last()?.0 == key {
            return attached.pop();
        }
        let place = attached.iter().rposition(|(other, _)| *other == key)?;
        Some(attached.remove(place))
    });
    // What is dropped with it may come back here. Where there was a guard, there is a context.
    if let Ok(Some(guard)) = guard {
        caught(|| drop(guard));
    }
}

/// The current context, with this span in it; none where the thread ends.
pub(crate) fn current_with(span: &TraceContext) -> Option<Context> {
    let current_with = |around: &Context| {
        let context = around.with_remote_span_context(span_context(span));
        if HOLDS.load(Ordering::Relaxed) && !tells_root(around, span) {
            return context.with_value(LocalRoot(*span));
        }
        context
    };
    tried(|| Context::map_current(current_with))
}

/// Whether what `span` began with here is known by the context.
pub(super) fn tells_root(context: &Context, span: &TraceContext) -> bool {
    context
        .get::<LocalRoot>()
        .is_some_and(|LocalRoot(root)| root.local_root() == span.local_root())
}

/// The running code's place, if it is in any span.
pub(super) fn place() -> Option<TraceContext> {
    match current::trace() {
        Some(here) => Some(here),
        None => tried(|| Context::map_current(|context| place_of(context.span().span_context())))?,
    }
}

/// Whether the current context is that of telemetry, which there shall be none of.
pub(super) fn is_suppressed() -> bool {
    tried(Context::is_current_telemetry_suppressed).unwrap_or(false)
}

/// A new span below the running code's, if that is in any.
pub(crate) fn child(observer: &Observer, spans: &SpanQueue) -> Option<TraceContext> {
    match current::trace() {
        Some(here) => Some(here.child()),
        None => tried(|| Context::map_current(|context| child_of(context, observer, spans)))?,
    }
}

/// A new span below that of a context, if that is valid.
pub(super) fn child_of(
    context: &Context,
    observer: &Observer,
    spans: &SpanQueue,
) -> Option<TraceContext> {
    let span = context.span();
    let span = span.span_context();
    if span.is_remote() {
        return continued(span, observer);
    }
    let place = place_of(span)?;
    let is_same = |LocalRoot(root): &&LocalRoot| {
        root.trace_id() == place.trace_id() && root.is_sampled() == place.is_sampled()
    };
    let root = context.get::<LocalRoot>().filter(is_same);
    let place = match root {
        Some(LocalRoot(root)) => root.with_span_id(place.span_id()),
        None => spans.with_root(place),
    };
    Some(place.child())
}

/// A new span below one of another process. Of a trace that is here already, all are recorded or none is.
fn continued(parent: &SpanContext, observer: &Observer) -> Option<TraceContext> {
    let (trace_id, span_id) = ids(parent)?;
    let here = current::trace().filter(|here| here.trace_id() == trace_id);
    Some(match here {
        Some(here) => TraceContext::below_remote(trace_id, span_id, here.flags()),
        None => observer.continue_trace(trace_id, span_id, parent.trace_flags().to_u8()),
    })
}

/// The place of a span, if it is valid.
pub(super) fn place_of(span: &SpanContext) -> Option<TraceContext> {
    let (trace_id, span_id) = ids(span)?;
    let is_here =
        |here: &TraceContext| here.trace_id() == trace_id && here.is_sampled() == span.is_sampled();
    Some(match current::trace().filter(is_here) {
        Some(here) => here.with_span_id(span_id),
        None => TraceContext::of_span(trace_id, span_id, span.trace_flags().to_u8()),
    })
}

/// A span of this process, as the API knows it.
pub(super) fn span_context(span: &TraceContext) -> SpanContext {
    span_context_with(span, TraceState::NONE)
}

/// The same with the state of its trace.
pub(super) fn span_context_with(span: &TraceContext, trace_state: TraceState) -> SpanContext {
    SpanContext::new(
        opentelemetry::TraceId::from_bytes(span.trace_id().to_bytes()),
        opentelemetry::SpanId::from_bytes(span.span_id().to_bytes()),
        TraceFlags::new(span.flags()),
        false,
        trace_state,
    )
}

fn ids(span: &SpanContext) -> Option<(TraceId, SpanId)> {
    let trace_id = TraceId::from_bytes(span.trace_id().to_bytes())?;
    let span_id = SpanId::from_bytes(span.span_id().to_bytes())?;
    Some((trace_id, span_id))
}

/// Uses the current context, if the thread still has one.
fn tried<R>(f: impl FnOnce() -> R) -> Option<R> {
    let is_there = ATTACHED.try_with(|attached| {
        let attached = attached.try_borrow();
        attached.is_ok_and(|attached| attached.is_some())
    });
    is_there.unwrap_or(false).then(|| caught(f))?
}

/// Keeps from the application that the current context cannot be changed while it is being read, by
/// `Context::map_current` or `get_active_span`.
fn caught<R>(f: impl FnOnce() -> R) -> Option<R> {
    catch_unwind(AssertUnwindSafe(f)).ok()
}

/// Makes a request or job current with the API, too.
#[derive(Debug)]
pub(crate) struct RequestContext(Option<Context>);

impl RequestContext {
    pub(crate) fn new(span: &TraceContext) -> Self {
        Self(current_with(span))
    }
}

impl Scope for RequestContext {
    fn enter(&self) {
        if let Some(context) = &self.0 {
            attach(REQUEST, context.clone());
        }
    }

    fn exit(&self) {
        detach(REQUEST);
    }
}

impl TraceScope for RequestContext {
    fn span(&self) -> Option<(TraceId, SpanId)> {
        if !is_used() {
            return None;
        }
        tried(|| Context::map_current(|context| ids(context.span().span_context())))?
    }
}
