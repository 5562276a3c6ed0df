//! The observation that the running code belongs to.
//!
//! While a handler, a middleware or a body is polled, dropped or settled, the request's observation is the thread's
//! current one. These functions read and complete it from anywhere below, without an extractor. In a task that was
//! spawned, or outside of any request, there is no current observation and they do nothing.

use std::{
    any::Any, cell::Cell, error::Error, fmt::Display, mem, mem::ManuallyDrop, sync::Arc,
    time::SystemTime,
};

use tracing::Level;

use crate::{
    errors::{Facts, LONGEST_CRUMB, Scene},
    observation::{State, Verdict},
    panic,
    record::AttachedError,
    request_id::RequestId,
    text,
    trace_context::TraceContext,
    traces::{
        Carried, FinishedSpan, Propagated, carried, entered, entered::EnteredSpan, propagated,
    },
    upgrade::Upgrade,
};

thread_local! {
    // Whoever puts an observation here takes it back, so that none is left when the thread ends. Not dropping it spares
    // every access the question whether that is already done.
    static CURRENT: ManuallyDrop<Cell<Option<Box<State>>>> = const { ManuallyDrop::new(Cell::new(None)) };
}

/// What is bound to the lines that are logged in a request, a job or a [carried](carry) future, for whoever logs to know the type
/// of.
pub type Bound = Arc<dyn Any + Send + Sync>;

/// The id of the current request or job.
#[must_use]
pub fn request_id() -> Option<RequestId> {
    with(|state| state.fields.request_id)
}

/// The place of the running code in its trace: that of the innermost span it is in, or of the current request or job.
#[must_use]
pub fn trace() -> Option<TraceContext> {
    let span = entered::innermost();
    let known = with(|state| innermost(state, state.context(), span));
    known.or_else(|| Some(span?.span))
}

/// The same, if the trace is [sampled](TraceContext::is_sampled): what exemplars lead to. Cheaper than [`trace`] where it
/// is not.
#[must_use]
pub fn sampled_trace() -> Option<TraceContext> {
    let span = entered::innermost();
    let known = with(|state| {
        let context = state.sampled_context()?;
        Some(innermost(state, context, span))
    });
    known.unwrap_or_else(|| Some(span?.span).filter(TraceContext::is_sampled))
}

/// The innermost span of an observation at `context`: what its scope has come to know since one was `entered`, that one, or its
/// own.
fn innermost(state: &State, context: TraceContext, entered: Option<EnteredSpan>) -> TraceContext {
    let entered = entered.filter(|entered| entered.span.local_root() == context.local_root());
    let span = entered.map_or(context, |entered| entered.span);
    let known = state.known_to_scope();
    match known.filter(|_| known != entered.and_then(|entered| entered.around)) {
        Some(span_id) => span.with_span_id(span_id),
        None => span,
    }
}

/// Makes the trace of the running code that of `future` too, wherever it is polled.
///
/// The spans of `future` are then below the innermost span that the running code is in, exemplars and log lines lead there,
/// and requests that go out from it are told the same, baggage included; what was bound to log lines is bound to its own. The
/// request itself ends without it: what is read and set by the other functions here is not there.
///
/// ```
/// # async fn send_receipt() {}
/// # async fn handler() {
/// tokio::spawn(steeple_core::current::carry(send_receipt()));
/// # }
/// ```
pub fn carry<F: Future>(future: F) -> Carried<F> {
    Carried::new(future, trace(), propagated(), bound())
}

/// Writes the header fields of a request that goes out from here: lets `set` set each by its name, in lower case, and its value.
///
/// They tell the [place](trace) in the trace in the [formats](crate::TraceConfig::propagators) of the observer, the `tracestate`
/// that the current request came with, and its [`baggage`]; where traces are not configured, `traceparent` alone.
/// Outside of any trace there are none.
///
/// ```
/// use steeple_core::current;
///
/// let mut headers = Vec::new();
/// current::inject(&mut |name, value| headers.push((name.to_owned(), value.to_owned())));
/// ```
pub fn inject(set: &mut dyn FnMut(&'static str, &str)) {
    let Some(place) = trace() else {
        return;
    };
    let propagated = propagated();
    let propagators = propagated
        .as_ref()
        .and_then(|propagated| propagated.propagators());
    propagated::inject(propagators, &place, propagated.as_deref(), set);
}

/// The value of `name` in the [baggage](https://www.w3.org/TR/baggage/) of the current request, decoded: what its caller gave it
/// to carry along, or [`set_baggage`] did. Of several values it is the last.
#[must_use]
pub fn baggage(name: &str) -> Option<String> {
    with_propagated(|propagated| propagated.baggage(name)).flatten()
}

/// Gives the requests that go out from the current request or job `value` to carry along as `name`, in place of others of that
/// name: to all who are called, and by them to others. It is sent as text, so it is no place for secrets.
///
/// A name that is no [token](https://www.rfc-editor.org/rfc/rfc9110#section-5.6.2) is left out, and so is what has no room: there
/// are at most 64 entries, of 8,192 bytes together.
pub fn set_baggage(name: &str, value: &str) {
    with_propagated(|propagated| Arc::make_mut(propagated).set_baggage(name, value));
}

/// Whether the trace of the running code is [sampled](TraceContext::is_sampled), if it has one.
#[must_use]
#[inline]
pub fn is_sampled() -> Option<bool> {
    // All spans of one request are recorded or none is.
    let known = with(|state| state.fields.lineage.is_sampled());
    known.or_else(|| Some(entered::innermost()?.span.is_sampled()))
}

/// Enters a span, which is the innermost that the thread is in until it is [left](exit_span) by the same `key`. For layers
/// that make spans.
pub fn enter_span(key: u64, span: &TraceContext) {
    entered::enter(key, span);
}

/// The key of the span that was [entered](enter_span) last and not left yet. For layers that make spans.
#[must_use]
pub fn entered_span() -> Option<u64> {
    entered::innermost().map(|entered| entered.key)
}

/// Leaves the span that was [entered](enter_span) by this key.
pub fn exit_span(key: u64) {
    entered::exit(key);
}

/// Leaves a span that has ended with the request or job that it belongs to, if that is the current one and recorded: `write`
/// writes it behind those that ended before. For layers that make spans.
///
/// `write` must not use what is current.
pub fn finished_span(span: &TraceContext, write: impl FnOnce(&mut Vec<u8>)) -> FinishedSpan {
    with(|state| {
        state
            .recording_of(span)
            .map(|recording| recording.span(write))
    })
    .flatten()
    .unwrap_or(FinishedSpan::Alone)
}

/// Leaves an event with the request or job itself, whose place `trace` is, as [`finished_span`] does it with a span. For
/// layers that record events.
pub fn event(trace: &TraceContext, write: impl FnOnce(&mut Vec<u8>)) -> FinishedSpan {
    with(|state| {
        state
            .recording_of(trace)
            .map(|recording| recording.event(write))
    })
    .flatten()
    .unwrap_or(FinishedSpan::Alone)
}

/// Gives the [declared](crate::Label) label `name` a value on the current request.
///
/// A label that was not declared is left out, since the set of labels of a metric cannot change.
pub fn label(name: &str, value: &str) {
    with(|state| state.set_label(name, value));
}

/// Sets the route's template, for services whose router cannot tell it.
///
/// Pass the template, `/users/{id}`, never the path: of templates at most 1,000 are told apart.
pub fn route(template: &str) {
    with(|state| state.set_route(template));
    release();
}

/// Tells the route that was matched, for adapters whose framework knows it only after the call. What the handler named
/// with [`route`] has precedence, as it has where the match is known before.
pub fn matched_route(template: &str) {
    with(|state| state.set_matched_route(template));
    release();
}

/// Attaches `error` to the current request or job: if it fails, this is what went wrong.
///
/// A job fails by it; a request fails by its status. An error whose type is hidden, a `dyn Error`, is told by what it says
/// alone.
pub fn attach<E: Error + ?Sized>(error: &E) {
    // The error prints itself before the observation is taken up: its code may ask for the current one too.
    let reported = with(|state| state.reporter().is_some()).unwrap_or(false);
    let attached = AttachedError::of(error, reported);
    with(|state| state.attach(attached));
}

/// [`attach`], unless an error was attached before or the request panicked.
pub(crate) fn attach_if_none(error: &(dyn Error + 'static)) {
    let reported = with(|state| state.reporter().is_some()).unwrap_or(false);
    let attached = AttachedError::of(error, reported);
    with(|state| state.attach_if_none(attached));
}

/// Attaches what an error of unknown type says to the current request, unless one was attached before or the request panicked:
/// for adapters whose framework hides the type.
pub fn attach_message(message: impl Display) {
    let attached = AttachedError::of_message(message);
    with(|state| state.attach_if_none(attached));
}

/// Gives the reports of [errors](crate::errors::ErrorReport) of the current request or job a tag that they can be searched by. Of one name
/// there is one value, the last.
///
/// At most 32 tags are kept, of a name of 32 bytes and a value of 200; what is longer is cut off.
pub fn tag(name: &str, value: &str) {
    with_scene(|scene| scene.tag(name, value));
}

/// Tells who is served, for the reports of errors of the current request or job. Sinks send it hashed unless they are told to
/// send what is personal.
pub fn user(id: &str) {
    with_scene(|scene| scene.set_user(id));
}

/// Makes the reports of errors of the current request or job the same as others by `parts` alone, at most 8, whatever they say and
/// whichever [rule](crate::errors::FingerprintRule) they match.
pub fn fingerprint<'a>(parts: impl IntoIterator<Item = &'a str>) {
    // The parts are made before the observation is taken up: their code may ask for the current one too.
    let parts = Scene::parts(parts);
    with_scene(|scene| scene.set_fingerprint(parts));
}

/// Leaves a breadcrumb for the reports of errors of the current request or job: the last 32 are kept, of 256 bytes each. Where
/// nobody wants to know, `message` is not even written.
pub fn breadcrumb(level: Level, target: &str, message: impl Display) {
    thread_local! {
        static TEXT: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
    }
    if !with(|state| state.reports_errors()).unwrap_or(false) {
        return;
    }
    // The message prints itself before the observation is taken up: its code may leave breadcrumbs too.
    let mut text = TEXT.try_with(Cell::take).unwrap_or_default();
    text.clear();
    text::print(&mut text, format_args!("{message}"), LONGEST_CRUMB);
    let message = str::from_utf8(&text).unwrap_or_default();
    with_scene(|scene| scene.breadcrumb(SystemTime::now(), level, target, message));
    let _ = TEXT.try_with(|kept| kept.set(text));
}

/// What a report of an error would tell of the current request or job by now, if [errors are
/// reported](crate::ObserverBuilder::error_sink): for those that report by other means. It is copied.
#[must_use]
pub fn facts() -> Option<Facts> {
    let trace = trace();
    let facts = with(|state| {
        let observer = state.reporter()?;
        Some(Facts::of_current(state, &observer))
    });
    Some(facts.flatten()?.at(trace))
}

/// Does `action` once the route of the current request is known, with that request as the current one, or else when the request is
/// over, where the method of a gRPC call becomes its route: for those that tell of it by other means than sinks. What panics in it
/// then is no panic of the request's.
///
/// At once where the route is known, where no request is current, and where 16 wait already.
pub fn once_routed(action: impl FnOnce() + Send + 'static) {
    if with(|state| state.defers()).unwrap_or(false) {
        let action = Box::new(action);
        with(|state| state.deferred.get_or_insert_default().push(action));
    } else {
        action();
    }
}

/// Does what waited for the route of the current request, if that is known by now.
pub(crate) fn release() {
    let Some(deferred) = with(State::take_deferred).flatten() else {
        return;
    };
    // What panics in it is no panic of the request's, which may have caught one of its own before.
    let described = with(|state| state.replace_described(None)).flatten();
    deferred.run(panic::quietly);
    with(|state| state.replace_described(described));
}

/// Lends what the application tells besides its errors to `f`, if anybody wants to know.
fn with_scene(f: impl FnOnce(&mut Scene)) {
    with(|state| {
        if state.reports_errors() {
            f(state.scene.get_or_insert_default());
        }
    });
}

/// Lends the error that was [attached](attach) to the current request or job, if one was, to `f`, which must not use what is
/// current. For layers that log.
pub fn attached<R>(f: impl FnOnce(&AttachedError) -> R) -> Option<R> {
    with(|state| state.progress.trouble.as_ref()?.error.as_ref().map(f)).flatten()
}

/// The kind and the name of the current job. For layers that log.
#[must_use]
pub fn job() -> Option<(&'static str, &'static str)> {
    with(|state| state.beginning.subject.job()).flatten()
}

/// What is bound to the lines that are logged here. For layers that log.
#[must_use]
pub fn bound() -> Option<Bound> {
    with_bound(|bound| bound.clone()).flatten()
}

/// Binds something to the lines that are logged here from now on, instead of what was bound before. Outside of any request, job and
/// [carried](carry) future it does nothing. For layers that log.
pub fn rebind(new: Option<Bound>) {
    // What was bound may run foreign code when it is dropped.
    drop(with_bound(|bound| mem::replace(bound, new)));
}

/// Lends what is bound to `f`, which must not run foreign code.
fn with_bound<R>(f: impl FnOnce(&mut Option<Bound>) -> R) -> Option<R> {
    if is_there() {
        return with(|state| f(&mut state.bound));
    }
    carried::with_bound(f)
}

/// Marks the current request or job as timed out, whatever it answers.
pub fn timed_out() {
    with(State::mark_timed_out);
}

/// A hold on what the current request may upgrade its connection to: keep it for as long as that lasts.
///
/// Only what is upgraded where steeple does not see it end needs it: streams of HTTP/2, and connections that are not
/// observed.
pub fn upgrade() -> Upgrade {
    with(State::upgrade).unwrap_or_default()
}

/// Marks the answer of the current request or job as a failure of the service's, whatever its status: an error that is told
/// in the body of a 200, say. Of several marks the last counts.
///
/// The first of these says how it ended:
///
/// 1. a panic that the layer caught;
/// 2. of a [time-out](timed_out), a panic that the application caught and answered with a 5xx, an error [attached](attach) to a
///    job and one that took the place of the answer or of its rest, whichever came first;
/// 3. a cancellation, or the deadline of a gRPC call that was cancelled;
/// 4. `failed` and [`succeeded`];
/// 5. the framework's [classifier](classified);
/// 6. the status, that of gRPC for a gRPC call.
///
/// Where the body of the request broke off, every failure but a panic and a time-out is the client's.
pub fn failed() {
    with(|state| state.judge(Verdict::Failure));
}

/// Marks the answer of the current request as no failure of the service's, whatever its status: a 503 while there is nothing
/// to serve yet, say. The same has precedence as over [`failed`].
pub fn succeeded() {
    with(|state| state.judge(Verdict::NoFailure));
}

/// Tells whether a classifier takes the answer of the current request for a failure of the service's, for adapters whose
/// framework has such. What the application says itself with [`failed`] or [`succeeded`] has precedence.
pub fn classified(failure: bool) {
    let verdict = if failure {
        Verdict::Failure
    } else {
        Verdict::NoFailure
    };
    with(|state| state.classify(verdict));
}

/// Lends the current observation to `f`, which must not run foreign code: it would find no current observation.
#[inline]
pub(crate) fn with<R>(f: impl FnOnce(&mut State) -> R) -> Option<R> {
    let mut state = CURRENT.with(|current| current.take())?;
    let result = f(&mut state);
    CURRENT.with(|current| current.set(Some(state)));
    Some(result)
}

/// What those are told that are called from here, besides the place in the trace.
pub(crate) fn propagated() -> Option<Arc<Propagated>> {
    with_propagated(|propagated| Arc::clone(propagated))
}

/// Lends what those are told that are called from here, besides the place in the trace, to `f`, which must not run foreign code.
fn with_propagated<R>(f: impl FnOnce(&mut Arc<Propagated>) -> R) -> Option<R> {
    if is_there() {
        return with(|state| state.propagated().map(f)).flatten();
    }
    carried::with_propagated(f)
}

/// Whether there is a current observation.
pub(crate) fn is_there() -> bool {
    with(|_| ()).is_some()
}

/// Makes `state`, if there is one, the current observation while `f` runs.
#[inline(always)]
pub(crate) fn enter<R>(state: &mut Option<Box<State>>, f: impl FnOnce() -> R) -> R {
    let _entered = Entered::new(state);
    f()
}

/// Swaps the observation back however `f` ends.
struct Entered<'a> {
    state: &'a mut Option<Box<State>>,
    swapped: bool,
}

impl<'a> Entered<'a> {
    #[inline]
    fn new(state: &'a mut Option<Box<State>>) -> Self {
        let swapped = state.is_some();
        if swapped {
            swap(state);
        }
        Self { state, swapped }
    }
}

impl Drop for Entered<'_> {
    #[inline]
    fn drop(&mut self) {
        if self.swapped {
            swap(self.state);
        }
    }
}

#[inline]
fn swap(state: &mut Option<Box<State>>) {
    CURRENT.with(|current| *state = current.replace(state.take()));
}
