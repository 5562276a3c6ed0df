//! One request or job under observation, from its head to its settlement.

mod call;
mod content;
mod deferred;
mod job;
mod judgement;
mod observed;
mod observed_future;
mod pool;
mod request_counter;
mod settlement;
mod state;
mod surroundings;
mod traced;

use std::{any::Any, thread};

use bytes::Bytes;

use crate::{
    current,
    head::ResponseHead,
    headers::{self, Headers},
    panic::{self, PanicReport, Panicked},
    request_id::RequestId,
    upgrade::Upgrade,
};

use self::surroundings::Surroundings;
pub(crate) use self::{
    content::ContentRule,
    judgement::Verdict,
    pool::acquire,
    state::{Beginning, Refined, State, Subject, Trouble},
};
pub use self::{
    job::{Job, JobFuture},
    observed::Observed,
    observed_future::{Answer, ObservedFuture, Unanswered},
    request_counter::RequestCounter,
};

/// One request under observation.
///
/// It settles exactly once: when its body is complete, or when it is dropped. A drop before the body is complete is a
/// cancellation. A second observation of the same request by the same observer observes nothing and costs nothing.
#[derive(Debug)]
#[must_use = "dropping an observation settles it as cancelled"]
pub struct Observation {
    state: Option<Box<State>>,
}

impl Observation {
    pub(crate) fn new(state: Box<State>) -> Self {
        Self { state: Some(state) }
    }

    /// An observation of nothing: of a request that is observed already, or of an answer that is over.
    pub fn of_nothing() -> Self {
        Self { state: None }
    }

    /// Hands the observation on, from the future of the response to its body.
    pub fn take(&mut self) -> Self {
        Self {
            state: self.state.take(),
        }
    }

    /// Runs code of the request: one call, one poll, one drop.
    ///
    /// While it runs, this is the thread's [current](crate::current) observation.
    ///
    /// # Errors
    ///
    /// [`Panicked`] if `f` panicked. What `f` ran must not be run again; answer with [`respond`](Self::respond) and a
    /// status of 500 before the head, end the body and [`finish`](Self::finish) after it.
    #[inline]
    pub fn run<R>(&mut self, f: impl FnOnce() -> R) -> Result<R, Panicked> {
        self.run_catching(f).map_err(|payload| self.keep(payload))
    }

    /// As [`run`](Self::run), but hands on what `f` panicked with.
    #[inline(always)]
    pub(crate) fn run_catching<R>(&mut self, f: impl FnOnce() -> R) -> thread::Result<R> {
        // `f` is called in one place, whoever is observed: only so is it inlined.
        let state = self.state.as_ref();
        let surroundings = state.and_then(|state| Surroundings::of(state));
        let ran = current::enter(&mut self.state, || {
            panic::catch(|| {
                let entered = surroundings.as_ref().map(Surroundings::enter);
                let ran = f();
                // Most often there are none, and no call is needed to see it.
                if let Some(entered) = entered {
                    drop(entered);
                }
                ran
            })
        });
        if let Some(surroundings) = surroundings {
            drop(surroundings);
        }
        ran.inspect_err(|payload| self.panicked(&**payload))
    }

    /// Takes in what the observed code panicked with.
    #[cold]
    fn panicked(&mut self, payload: &(dyn Any + Send)) {
        if let Some(state) = &mut self.state {
            state.panicked(PanicReport::of(payload));
        }
    }

    /// Keeps a panic from going further that was taken in. Where nothing is observed it goes on to the observation around this
    /// one; if there is none, the record is made already, and it is logged alone.
    #[cold]
    pub(crate) fn keep(&self, payload: Box<dyn Any + Send>) -> Panicked {
        if self.state.is_none() {
            if current::is_there() {
                std::panic::resume_unwind(payload);
            }
            settlement::log_unrecorded_panic(&PanicReport::of(&*payload));
        }
        panic::discard(payload);
        Panicked::new()
    }

    /// The id of the request, unless nothing is observed.
    #[must_use]
    pub fn request_id(&self) -> Option<&RequestId> {
        Some(&self.state.as_ref()?.fields.request_id)
    }

    /// The value of `x-request-id` to answer with: the very value that was `sent` last if that is the request's id, or what
    /// `make` makes of the id. `None` if nothing is observed.
    #[inline]
    pub fn answer_id<V: Clone>(
        &self,
        sent: Option<&V>,
        make: impl FnOnce(Bytes) -> Option<V>,
    ) -> Option<V> {
        let fields = &self.state.as_ref()?.fields;
        match sent {
            Some(sent) if fields.identified => Some(sent.clone()),
            _ => make(fields.request_id.to_bytes()),
        }
    }

    /// Lets `add` add to the head of the response what tells the client of the trace, if the observer is
    /// [asked](crate::TraceConfig::response_header) to: the name of a field in lower case, and its value.
    #[inline]
    pub fn tell_trace(&self, add: impl FnOnce(&'static str, &str)) {
        if let Some(state) = &self.state
            && let Some(field) = state.response_header()
        {
            state.tell_trace(field, add);
        }
    }

    /// Takes over the id that the application has given the response itself, if that is acceptable: record and response have
    /// one id.
    pub fn adopt_request_id(&mut self, id: &[u8]) -> bool {
        self.state
            .as_mut()
            .is_some_and(|state| state.fields.request_id.replace(id))
    }

    /// Whether this is a gRPC call, which takes its errors from `grpc-status` rather than from the status line: its request
    /// says so and, once there is one, its answer.
    #[must_use]
    #[inline]
    pub fn is_grpc(&self) -> bool {
        self.state.as_ref().is_some_and(|state| state.is_call())
    }

    /// Whether an answer to a failure is to be one of gRPC: to a call over a version of HTTP that gRPC is spoken over. Who only claims
    /// to speak it gets one of HTTP.
    #[must_use]
    pub fn fails_as_grpc(&self) -> bool {
        let is_spoken = |state: &State| state.is_call() && state.beginning.version.is_multiplexed();
        self.state.as_deref().is_some_and(is_spoken)
    }

    /// Takes in the path of the request, which is the name of its method, `/package.Service/Method`, if it is a gRPC call.
    #[inline]
    pub fn called(&mut self, path: &str) {
        if let Some(state) = &mut self.state
            && state.fields.grpc
        {
            state.called(path);
        }
    }

    /// Where to count what is read of the request's body; `None` if there is none.
    #[must_use]
    #[inline]
    pub fn request_counter(&mut self) -> Option<RequestCounter> {
        let state = self.state.as_mut()?;
        let counter = state
            .beginning
            .request_size
            .is_none_or(|size| size > 0)
            .then(|| state.request_counter())?;
        Some(RequestCounter::new(counter))
    }

    /// A hold on what `status` upgrades the connection to, if it does; for adapters whose response's body carries that on.
    #[inline]
    pub fn upgrade(&mut self, status: u16) -> Option<Upgrade> {
        let state = self.state.as_mut()?;
        let upgrades = state.beginning.content.is_upgrade(status);
        upgrades.then(|| state.upgrade())
    }

    /// Keeps the path for [`path`](Self::path), for adapters that look for the route of a request once there is nothing left to ask.
    #[inline]
    pub fn keep_path(&mut self, path: &str) {
        if let Some(state) = &mut self.state {
            state.keep_path(path);
        }
    }

    /// The path that was kept. Empty if nothing is observed.
    #[must_use]
    pub fn path(&self) -> &str {
        self.state.as_ref().map_or("", |state| state.path())
    }

    /// Tells the route that was matched, as [`current::matched_route`] does.
    #[inline]
    pub fn matched_route(&mut self, template: &str) {
        if let Some(state) = &mut self.state {
            state.set_matched_route(template);
            if state.deferred.is_some() {
                self.release();
            }
        }
    }

    #[cold]
    fn release(&mut self) {
        current::enter(&mut self.state, current::release);
    }

    /// Takes in the head of the response. Where no body is due, the request is over.
    #[inline]
    pub fn respond(&mut self, head: &ResponseHead<'_>) {
        if let Some(state) = &mut self.state
            && !state.respond(head)
        {
            self.settle();
        }
    }

    /// Takes in `bytes` more bytes of the response's body.
    #[inline]
    pub fn chunk(&mut self, bytes: usize) {
        if let Some(state) = &mut self.state {
            state.chunk(bytes as u64);
        }
    }

    /// Takes in the trailers of the response.
    #[inline(always)]
    pub fn trailers(&mut self, trailers: &dyn Headers) {
        if let Some(state) = &mut self.state
            && let Some(status) = headers::grpc_status(trailers)
        {
            state.progress.grpc_status = Some(status);
        }
    }

    /// Settles as failed: by an error instead of a response before the head, by a broken body after it.
    ///
    /// `error_type` is the error's type or another word from a small set.
    pub fn fail(&mut self, error_type: &'static str) {
        if let Some(state) = &mut self.state {
            state.fail(error_type);
        }
        self.settle();
    }

    /// Settles as complete, or as broken off in its body if that is shorter than the head of the response has told. Does nothing
    /// if it is settled already.
    #[inline]
    pub fn finish(&mut self) {
        if let Some(state) = &mut self.state {
            state.end();
        }
        self.settle();
    }

    /// Settles as complete with all bytes that the head of the response tells: for a body that the framework sends itself.
    pub fn finish_unseen(&mut self) {
        if let Some(state) = &mut self.state {
            state.progress.response_size = state.expected_size().unwrap_or_default();
        }
        self.finish();
    }

    #[inline]
    fn settle(&mut self) {
        if let Some(state) = self.state.take() {
            settlement::settle(state);
        }
    }
}

impl Drop for Observation {
    #[inline]
    fn drop(&mut self) {
        self.settle();
    }
}
