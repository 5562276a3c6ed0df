//! Where spans go that have ended.

use std::{sync::Arc, time::Duration};

use steeple_core::{
    FinishedSpan, Outcome, TraceContext, current,
    pipeline::{DropReason, Producer},
};

use crate::{
    encoded::Encoded,
    opentelemetry::context,
    traces::tail::{End, TailSampler, Whereabouts},
};

/// How many bytes a span is expected to have besides its attributes, events and links.
const EXPECTED_BYTES: usize = 256;

/// Queues spans for the backend, those of a request or job together; with tail sampling, if these are kept.
#[derive(Clone, Debug)]
pub(crate) struct SpanQueue {
    producer: Producer<Encoded>,
    tail: Option<Arc<TailSampler>>,
}

/// A span that has ended, and how.
pub(crate) struct Finished<'a> {
    pub(crate) context: &'a TraceContext,
    /// How many bytes of it are encoded already.
    pub(crate) written: usize,
    pub(crate) duration: Duration,
    pub(crate) failed: bool,
}

impl SpanQueue {
    pub(crate) fn new(producer: Producer<Encoded>, tail: Option<Arc<TailSampler>>) -> Self {
        if tail.is_some() {
            context::begin_to_hold();
        }
        Self { producer, tail }
    }

    /// Counts a span that is not recorded.
    #[inline]
    pub(crate) fn skip(&self) {
        self.producer.skip(DropReason::Sampled);
    }

    /// Counts spans that were recorded in vain.
    pub(crate) fn refuse(&self, trace: &TraceContext, spans: u32) {
        let held = self.end_trace(trace, false).count;
        self.drop_all(DropReason::Sampled, u64::from(spans) + u64::from(held));
    }

    /// Takes in that a recorded span begins. If a trace begins with it here, spans of that are held from now on.
    #[inline]
    pub(crate) fn begin(&self, span: &TraceContext) {
        if let Some(tail) = &self.tail
            && is_local_root(span)
        {
            tail.traces.begin(span.span_id());
        }
    }

    /// Remembers what a recorded span began with here, where its context does not tell it, until it is [forgotten](Self::forget).
    pub(crate) fn know(&self, span: &TraceContext) {
        if let Some(tail) = &self.tail
            && !is_local_root(span)
        {
            tail.roots.insert(span.span_id(), span.local_root());
        }
    }

    /// Forgets a span that has ended.
    pub(crate) fn forget(&self, span: &TraceContext) {
        if let Some(tail) = &self.tail {
            tail.roots.remove(span.span_id());
        }
    }

    /// The place of a span with what that began with here, if it is remembered.
    pub(crate) fn with_root(&self, span: TraceContext) -> TraceContext {
        let tail = self.tail.as_ref();
        let root = tail.and_then(|tail| tail.roots.of(span.span_id()));
        root.map_or(span, |root| {
            TraceContext::of_span(span.trace_id(), root, span.flags()).with_span_id(span.span_id())
        })
    }

    /// Leaves a span with the request or job that it belongs to, or queues it on its own; `push` writes it.
    pub(crate) fn leave(&self, span: &Finished<'_>, push: impl Fn(&mut Vec<u8>)) {
        let became = current::finished_span(span.context, &push);
        match (became, &self.tail) {
            (FinishedSpan::Kept, _) => {}
            // A request that has no room for it lets it go on its own, if that need not wait for its end.
            (FinishedSpan::NoRoom | FinishedSpan::Alone, None) => {
                self.push(span, Encoded::default(), push);
            }
            (FinishedSpan::NoRoom, Some(_)) => self.drop_all(DropReason::BudgetExhausted, 1),
            (FinishedSpan::Alone, Some(tail)) => self.hold(tail, span, push),
        }
    }

    /// Ends the trace of a request or job whose recording holds so many spans, and gives back the others that are held if it is
    /// kept. If not, all are counted.
    pub(crate) fn end<'a>(
        &self,
        trace: &TraceContext,
        spans: u32,
        end: impl FnOnce() -> End<'a>,
    ) -> Option<Encoded> {
        let Some(tail) = &self.tail else {
            return Some(Encoded::default());
        };
        if tail.keeps(&end()) {
            return Some(self.end_trace(trace, true));
        }
        self.refuse(trace, spans + 1);
        None
    }

    /// Queues spans that are kept.
    pub(crate) fn queue(&self, spans: Encoded) {
        self.producer.push(spans);
    }

    fn hold(&self, tail: &TailSampler, span: &Finished<'_>, push: impl Fn(&mut Vec<u8>)) {
        if is_local_root(span.context) {
            let end = || End {
                outcome: match span.failed {
                    true => Outcome::ServerError,
                    false => Outcome::Success,
                },
                kind: "",
                route: None,
                duration: span.duration,
            };
            if let Some(held) = self.end(span.context, 0, end) {
                self.push(span, held, push);
            }
            return;
        }
        // Encoded before it is looked for, since it must not be while that is locked.
        let mut bytes = Vec::with_capacity(span.written + EXPECTED_BYTES);
        push(&mut bytes);
        match tail.traces.leave(span.context.local_root(), &bytes) {
            Whereabouts::Held => {}
            Whereabouts::Kept => self.queue(Encoded { bytes, count: 1 }),
            Whereabouts::Refused => self.skip(),
            Whereabouts::NoRoom => self.drop_all(DropReason::BudgetExhausted, 1),
        }
    }

    /// Queues a span behind others.
    fn push(&self, span: &Finished<'_>, mut before: Encoded, push: impl Fn(&mut Vec<u8>)) {
        before.bytes.reserve(span.written + EXPECTED_BYTES);
        push(&mut before.bytes);
        before.count += 1;
        self.queue(before);
    }

    fn end_trace(&self, trace: &TraceContext, kept: bool) -> Encoded {
        let tail = self.tail.as_ref();
        let end = |tail: &Arc<TailSampler>| tail.traces.end(trace.local_root(), kept);
        tail.map(end).unwrap_or_default()
    }

    fn drop_all(&self, reason: DropReason, count: u64) {
        if count > 0 {
            self.producer.skip_many(reason, count);
        }
    }

    /// Drops what is held, since nothing is exported any more.
    pub(crate) fn close(&self) {
        if let Some(tail) = &self.tail {
            self.drop_all(DropReason::Shutdown, tail.traces.close());
        }
    }
}

/// Whether a trace begins with this span here.
fn is_local_root(span: &TraceContext) -> bool {
    span.local_root() == span.span_id()
}
