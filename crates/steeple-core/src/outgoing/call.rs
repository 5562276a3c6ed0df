//! One request that goes out, under observation.

use std::{fmt, sync::Arc};

use crate::{
    clock::Timestamp,
    current,
    head::{HttpVersion, Scheme},
    headers::Headers,
    method::Method,
    observer::Shared,
    outcome::BODY_ERROR,
    outgoing::{
        CallKeys, CallRecord, CallTarget, Newcomer, OutgoingHead, Server, address, end::End,
        rpc::Rpc,
    },
    trace_context::TraceContext,
    traces::{Propagated, entered, propagated},
};

/// One request that goes out, under observation, from [`Observer::call`](crate::Observer::call).
///
/// It settles exactly once: when the body of its answer is complete, or when it is dropped. A drop before the head of the
/// answer is a cancellation, and of a gRPC call before its status.
#[must_use = "dropping a call settles it as cancelled"]
pub struct OutgoingCall {
    open: Option<Open>,
}

/// A call that has not settled.
struct Open {
    shared: Arc<Shared>,
    started: Timestamp,
    trace: Option<TraceContext>,
    propagated: Option<Arc<Propagated>>,
    /// Whether the callee may know of the trace.
    is_told: bool,
    scheme: Scheme,
    resend_count: u32,
    method: Method,
    server: Server,
    /// The server, as long as it is not told apart but may be.
    newcomer: Option<Newcomer>,
    target: Option<Box<CallTarget>>,
    /// What it is besides if it is a gRPC call.
    rpc: Option<Rpc>,
    answer: Option<(u16, HttpVersion)>,
}

impl OutgoingCall {
    pub(crate) fn begin(shared: &Arc<Shared>, head: &OutgoingHead<'_>) -> Self {
        let around = current::trace();
        let trace = match (&shared.traces, around) {
            (Some(_), Some(around)) => Some(around.child()),
            (Some(traces), None) => Some(traces.begin()),
            // Nobody here makes spans.
            (None, around) => around,
        };
        let is_told = shared.propagates_to(head.address());
        let is_expected = || {
            let traces = shared.traces.as_ref();
            traces.is_some_and(|traces| traces.name(head.address()))
        };
        let (server, newcomer) = shared.servers.find(head, is_expected);
        let is_recorded = shared.traces.is_some() && trace.is_some_and(|trace| trace.is_sampled());
        Self {
            open: Some(Open {
                shared: Arc::clone(shared),
                started: Timestamp::now(),
                propagated: current::propagated().filter(|_| is_told),
                is_told,
                trace,
                scheme: head.scheme,
                resend_count: head.resend_count,
                method: shared.methods.classify(head.method),
                server,
                newcomer,
                target: is_recorded.then(|| Box::new(CallTarget::of(head))),
                rpc: Rpc::of(head, &shared.routes),
                answer: None,
            }),
        }
    }

    /// Lets `set` set each header field that tells the callee of the trace, by its name in lower case and its value, as
    /// [`current::inject`] does: none where the host is not [to be told](crate::TraceConfig::propagate_to).
    pub fn inject(&self, set: &mut dyn FnMut(&'static str, &str)) {
        if let Some(open) = &self.open
            && let Some(place) = open.trace.filter(|_| open.is_told)
        {
            let propagators = open.shared.reading.propagators();
            propagated::inject(propagators, &place, open.propagated.as_deref(), set);
        }
    }

    /// Takes in the head of the answer.
    pub fn respond(&mut self, status: u16, version: HttpVersion, headers: &dyn Headers) {
        if let Some(open) = &mut self.open {
            open.answer = Some((status, version));
            if let Some(newcomer) = open.newcomer.take() {
                open.server = open.shared.servers.admit(&newcomer);
            }
        }
        // A gRPC call without messages has its status here.
        self.trailers(headers);
    }

    /// Takes in the trailers of the answer, which tell how a gRPC call ended.
    pub fn trailers(&mut self, trailers: &dyn Headers) {
        if let Some(open) = &mut self.open
            && let Some(rpc) = &mut open.rpc
        {
            rpc.read(trailers);
        }
    }

    /// Takes in that the answer came from `host`, where a client follows redirects by itself and takes header fields along: warns
    /// once in the life of the observer if that host is not [to be told](crate::TraceConfig::propagate_to) of the trace and was.
    pub fn answered_by(&self, host: &str) {
        if let Some(open) = &self.open
            && open.is_told
            && !open.shared.propagates_to(address(host))
        {
            open.shared.told_by_redirect(host);
        }
    }

    /// Settles as failed without an answer.
    ///
    /// `error_type` is the error's type or another word from a small set.
    pub fn fail(&mut self, error_type: &'static str) {
        self.settle(End::Failed(error_type));
    }

    /// Settles as failed by a body that broke off.
    pub fn break_off(&mut self) {
        self.settle(End::Failed(BODY_ERROR));
    }

    /// Settles as complete. Does nothing if it is settled already.
    pub fn finish(&mut self) {
        self.settle(End::Finished);
    }

    fn settle(&mut self, end: End) {
        if let Some(open) = self.open.take() {
            open.settle(end);
        }
    }
}

impl Drop for OutgoingCall {
    fn drop(&mut self) {
        self.settle(End::Dropped);
    }
}

impl fmt::Debug for OutgoingCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OutgoingCall").finish_non_exhaustive()
    }
}

impl Open {
    fn settle(self, end: End) {
        let elapsed = self.started.elapsed();
        let status = self.answer.map(|(status, _)| status);
        let (rpc, error_type) = match self.rpc {
            None => (None, end.error_of_http(status)),
            Some(rpc) => {
                let (call, error) = rpc.settle(end, status, elapsed.into(), &self.shared.routes);
                (Some(call), error)
            }
        };
        let record = CallRecord {
            trace: self.trace,
            started: self.started,
            scheme: self.scheme,
            version: self.answer.map(|(_, version)| version),
            status,
            error_type,
            resend_count: self.resend_count,
            target: self.target.as_deref(),
            elapsed,
            shared: &self.shared,
            keys: CallKeys {
                method: self.method,
                server: self.server,
                rpc,
            },
        };
        // Exemplars lead to the call's own span. What panics in there is caught there.
        if let Some(trace) = &self.trace {
            entered::enter(entered::key(trace), trace);
        }
        self.shared.call(&record);
        if let Some(trace) = &self.trace {
            entered::exit(entered::key(trace));
        }
    }
}
