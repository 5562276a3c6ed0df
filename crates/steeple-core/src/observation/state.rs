//! What an observation knows so far.

use std::{
    mem,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use crate::{
    clock::{Elapsed, Moment},
    current::Bound,
    errors::Scene,
    grpc::GrpcStatus,
    head::{HttpVersion, RequestHead, ResponseHead, Scheme},
    headers::{Headers, RequestFields, ResponseFields},
    kept_head::KeptHead,
    label::{LabelValues, OTHER},
    method::Method,
    observation::{
        content::ContentRule, deferred::Deferred, judgement::Verdict,
        request_counter::RequestCounter,
    },
    observer::Shared,
    outcome::{BODY_ERROR, Outcome, TIMEOUT},
    panic::PanicReport,
    record::AttachedError,
    route::{Policy, Route},
    scope::Scope,
    traces::{Propagated, Recording, TraceScope},
    upgrade::Upgrade,
};

/// How many bytes of capacity are kept for paths from one request to the next.
const KEPT_PATH: usize = 1_024;

/// What is observed.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) enum Subject {
    #[default]
    Request,
    Job {
        kind: &'static str,
        name: &'static str,
    },
}

impl Subject {
    pub(crate) fn job(self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::Job { kind, name } => Some((kind, name)),
            Self::Request => None,
        }
    }
}

/// What a nested router's route is to the one known so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refined {
    /// It is known better now.
    Better,
    /// It is another request's.
    Other,
    /// It is the same: the layer was applied twice.
    Repeated,
}

/// What an observation begins with.
#[derive(Debug, Default)]
pub(crate) struct Beginning {
    pub(crate) subject: Subject,
    pub(crate) started: Moment,
    pub(crate) method: Method,
    pub(crate) scheme: Scheme,
    pub(crate) version: HttpVersion,
    pub(crate) content: ContentRule,
    pub(crate) request_size: Option<u64>,
    /// Whether the gauges of active requests count it.
    pub(crate) active: bool,
    /// The route that was known at first.
    pub(crate) route: Route,
}

/// What became of an observation so far.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    pub(crate) route: Route,
    pub(crate) policy: Policy,
    pub(crate) labels: LabelValues,
    /// The status that was answered; 0 before the head.
    pub(crate) status: u16,
    pub(crate) to_head: Option<Elapsed>,
    /// Whether the head of the response is that of a gRPC call.
    pub(crate) grpc_answer: bool,
    pub(crate) grpc_status: Option<GrpcStatus>,
    event_stream: bool,
    counts_request: bool,
    expected_size: Option<u64>,
    pub(crate) response_size: u64,
    /// Whether the head of the request is kept.
    pub(crate) keeps_head: bool,
    pub(crate) complete: bool,
    pub(super) verdict: Option<Verdict>,
    /// What a classifier says of the answer.
    pub(super) classified: Option<Verdict>,
    /// How it failed and why, where that does not follow from the answer.
    pub(super) failure: Option<(Outcome, &'static str)>,
    /// What those hold who carry the connection on, if the request upgrades it.
    pub(crate) upgrade: Option<Upgrade>,
    /// Boxed, since most requests have none.
    pub(crate) trouble: Option<Box<Trouble>>,
}

/// What is known of what went wrong.
#[derive(Debug, Default)]
pub(crate) struct Trouble {
    /// The error that the handler attached.
    pub(crate) error: Option<AttachedError>,
    /// The last panic that the hook described, caught by the application or by us.
    described: Option<PanicReport>,
    /// The panic that ended it.
    pub(crate) panic: Option<PanicReport>,
}

/// The state of one observation. It is boxed, so that it moves between its owner and the thread as one word, and pooled.
#[derive(Debug)]
pub(crate) struct State {
    /// Empty only while the observation settles.
    pub(crate) shared: Option<Arc<Shared>>,
    pub(crate) beginning: Beginning,
    pub(crate) fields: RequestFields,
    pub(crate) progress: Progress,
    /// What is kept of it if its trace is recorded, or was of an earlier one.
    pub(crate) recording: Option<Box<Recording>>,
    /// What those are told that are called from here, once somebody asked for it.
    pub(crate) propagated: Option<Arc<Propagated>>,
    /// What is made current with it if its trace is recorded.
    pub(crate) scope: Option<Arc<dyn TraceScope>>,
    /// Whether it has any surroundings: every poll asks.
    pub(super) is_surrounded: bool,
    /// What is made current with it, recorded or not.
    pub(crate) own_scope: Option<Arc<dyn Scope>>,
    /// What waits until its route is known.
    pub(crate) deferred: Option<Box<Deferred>>,
    /// What is kept of the head of the request, or was of an earlier one's.
    pub(crate) head: Option<Box<KeptHead>>,
    /// What the application tells for the case that an error happens, or did of an earlier one.
    pub(crate) scene: Option<Box<Scene>>,
    /// What log lines of it tell besides.
    pub(crate) bound: Option<Bound>,
    /// Empty where the adapter does not keep it.
    path: String,
    request_count: Arc<AtomicU64>,
}

impl State {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self {
            is_surrounded: shared.isolation.is_some(),
            shared: Some(shared),
            beginning: Beginning::default(),
            fields: RequestFields::default(),
            progress: Progress::default(),
            recording: None,
            propagated: None,
            scope: None,
            own_scope: None,
            deferred: None,
            head: None,
            scene: None,
            bound: None,
            path: String::new(),
            request_count: Arc::default(),
        }
    }

    pub(crate) fn belongs_to(&self, shared: &Arc<Shared>) -> bool {
        self.shared
            .as_ref()
            .is_some_and(|own| Arc::ptr_eq(own, shared))
    }

    pub(crate) fn is_request_of(&self, shared: &Arc<Shared>) -> bool {
        matches!(self.beginning.subject, Subject::Request) && self.belongs_to(shared)
    }

    #[inline]
    pub(crate) fn set_route(&mut self, template: &str) {
        if let Some(shared) = &self.shared {
            let (route, policy) = shared.routes.resolve(template.into());
            (self.progress.route, self.progress.policy) = (route, *policy);
        }
    }

    /// Sets the route that the router tells once it is done, unless the handler has named one.
    #[inline]
    pub(crate) fn set_matched_route(&mut self, template: &str) {
        if self.progress.route == Route::UNMATCHED {
            self.set_route(template);
        }
    }

    #[inline]
    pub(crate) fn keep_path(&mut self, path: &str) {
        self.path.clear();
        self.path.push_str(path);
    }

    /// Forgets the path, so that nobody takes it for that of the next request, and that a long one takes no memory until then.
    #[inline]
    pub(super) fn forget_path(&mut self) {
        self.path.clear();
        self.path.shrink_to(KEPT_PATH);
    }

    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    /// Whether its route may yet become known, and there is room for what waits for that.
    pub(crate) fn defers(&self) -> bool {
        let is_request = matches!(self.beginning.subject, Subject::Request);
        let is_settling = self.shared.is_none();
        let has_room = |deferred: &Deferred| deferred.has_room();
        is_request
            && !is_settling
            && self.progress.route == Route::UNMATCHED
            && self.deferred.as_deref().is_none_or(has_room)
    }

    /// What waited for its route, if that is known by now.
    pub(crate) fn take_deferred(&mut self) -> Option<Box<Deferred>> {
        let is_routed = self.progress.route != Route::UNMATCHED;
        self.deferred.take_if(|_| is_routed)
    }

    /// Takes over the route that a nested layer knows of this request, unless its `head` is that of one which the handler makes by
    /// itself.
    pub(crate) fn refine_route(&mut self, head: &RequestHead<'_>) -> Refined {
        let Some(shared) = &self.shared else {
            return Refined::Repeated;
        };
        let method = shared.methods.classify(head.method);
        if (method, head.version) != (self.beginning.method, self.beginning.version) {
            return Refined::Other;
        }
        let Some(template) = head.route else {
            return Refined::Repeated;
        };
        let before = self.progress.route;
        let (route, policy) = shared.routes.resolve(template);
        if route == before {
            return Refined::Repeated;
        }
        // Where a router has matched, one below it can only add the slash that its own root ends in. Any other route is
        // that of a request which the handler makes by itself, as part of this one.
        let root = |template: &str| template.trim_end_matches('/').len();
        let known = shared.routes.template(before);
        let text = template.text();
        let same_path = text.starts_with(known) && root(text) == root(known);
        if before != Route::UNMATCHED && !same_path {
            return Refined::Other;
        }
        (self.progress.route, self.progress.policy) = (route, *policy);
        Refined::Better
    }

    pub(crate) fn set_label(&mut self, name: &str, value: &str) {
        if let Some(shared) = &self.shared {
            shared.labels.set(&mut self.progress.labels, name, value);
        }
    }

    pub(crate) fn attach(&mut self, error: AttachedError) {
        if let Subject::Job { .. } = self.beginning.subject {
            self.progress
                .failure
                .get_or_insert((Outcome::ServerError, error.type_name.unwrap_or(OTHER)));
        }
        self.trouble().error = Some(error);
    }

    /// Attaches `error` unless there is one that the application attached itself, or a panic says what went wrong.
    pub(crate) fn attach_if_none(&mut self, error: AttachedError) {
        let trouble = self.trouble();
        if trouble.panic.is_none() {
            trouble.error.get_or_insert(error);
        }
    }

    pub(crate) fn mark_timed_out(&mut self) {
        self.progress
            .failure
            .get_or_insert((Outcome::TimedOut, TIMEOUT));
    }

    pub(crate) fn panicked(&mut self, caught: PanicReport) {
        let trouble = self.trouble();
        // The hook saw where; what a handler caught by itself before this panic says something else.
        let described = trouble
            .described
            .take()
            .filter(|described| described.message == caught.message);
        // Drops that panic for what an earlier panic left are no news.
        let panic = described.unwrap_or(caught);
        trouble.panic.get_or_insert(panic);
        self.progress.failure = Some((Outcome::Panicked, "panic"));
    }

    /// Where the application caught a panic and answers with an error, the panic is what went wrong.
    #[cold]
    fn blame_panic(&mut self) {
        if let Some(trouble) = self.progress.trouble.as_deref_mut()
            && trouble.panic.is_none()
            && let Some(described) = trouble.described.take()
        {
            trouble.panic = Some(described);
            self.progress
                .failure
                .get_or_insert((Outcome::Panicked, "panic"));
        }
    }

    /// Takes in what the hook saw of a panic that may yet be caught by the application, and gives the one back that it saw before.
    pub(crate) fn describe(&mut self, panic: PanicReport) -> Option<PanicReport> {
        self.trouble().described.replace(panic)
    }

    /// Puts `described` in the place of the panic that the hook saw last, and gives that one back.
    pub(crate) fn replace_described(
        &mut self,
        described: Option<PanicReport>,
    ) -> Option<PanicReport> {
        let trouble = self.progress.trouble.as_deref_mut()?;
        mem::replace(&mut trouble.described, described)
    }

    /// Keeps the head of the request, unless it is.
    pub(crate) fn keep_head(&mut self, head: &RequestHead<'_>) {
        if let Some(shared) = &self.shared
            && !self.progress.keeps_head
        {
            self.progress.keeps_head = true;
            let kept = self.head.get_or_insert_default();
            kept.keep(head, &shared.kept_fields);
        }
    }

    /// Reads the header fields and keeps the head of the request, in one pass over its map.
    // Elsewhere than the pass of most requests, which would take more for it.
    #[inline(never)]
    pub(crate) fn read_and_keep(&mut self, head: &RequestHead<'_>, shared: &Shared) {
        self.progress.keeps_head = true;
        let kept = self.head.get_or_insert_default();
        let keeping = kept.begin(head, &shared.kept_fields);
        (self.fields).read_and_keep(head.headers, &shared.reading, keeping);
    }

    /// What is kept of the head of the request, unless that is being settled.
    pub(crate) fn kept_head(&self) -> Option<&KeptHead> {
        self.head.as_deref().filter(|_| self.progress.keeps_head)
    }

    /// Whether anybody is told of errors.
    #[inline]
    pub(crate) fn reports_errors(&self) -> bool {
        self.shared
            .as_ref()
            .is_some_and(|shared| shared.errors.is_on())
    }

    /// Who tells of errors, if anybody does.
    pub(crate) fn reporter(&self) -> Option<Arc<Shared>> {
        self.shared.clone().filter(|shared| shared.errors.is_on())
    }

    fn trouble(&mut self) -> &mut Trouble {
        self.progress.trouble.get_or_insert_default()
    }

    pub(crate) fn fail(&mut self, error_type: &'static str) {
        let failure = if self.progress.status == 0 {
            (Outcome::ServerError, error_type)
        } else {
            (Outcome::BodyError, BODY_ERROR)
        };
        self.progress.failure.get_or_insert(failure);
    }

    /// A hold on what the request may upgrade its connection to.
    pub(crate) fn upgrade(&mut self) -> Upgrade {
        self.progress.upgrade.get_or_insert_default().clone()
    }

    /// A counter for this request's body.
    pub(crate) fn request_counter(&mut self) -> Arc<AtomicU64> {
        // A body that outlived an earlier request must not count into this one.
        if Arc::get_mut(&mut self.request_count)
            .map(AtomicU64::get_mut)
            .map(mem::take)
            .is_none()
        {
            self.request_count = Arc::default();
        }
        self.progress.counts_request = true;
        Arc::clone(&self.request_count)
    }

    /// The size of the request's body, as declared or as read; of a body that broke off, as read.
    pub(crate) fn known_request_size(&self, broken: bool) -> Option<u64> {
        let declared = self.beginning.request_size.filter(|_| !broken);
        // What a client sends through an upgraded connection is not the body of its request.
        let none = || self.is_upgraded().then_some(0);
        let read = || RequestCounter::size(self.request_count()?);
        declared.or_else(none).or_else(read)
    }

    /// Whether the request's body is known to have broken off.
    pub(crate) fn is_request_broken(&self) -> bool {
        self.request_count().is_some_and(RequestCounter::is_broken)
    }

    fn request_count(&self) -> Option<u64> {
        let count = || self.request_count.load(Ordering::Relaxed);
        self.progress.counts_request.then(count)
    }

    /// Takes in the head of the response and tells whether a body is due.
    #[inline(always)]
    pub(crate) fn respond(&mut self, head: &ResponseHead<'_>) -> bool {
        self.progress.to_head = Some(self.beginning.started.elapsed());
        self.progress.status = head.status;
        self.progress.expected_size = head.body_size;
        if head.status >= 500 {
            self.blame_panic();
        }
        // A body of known length is no stream of events, so most heads have nothing more to tell.
        if head.body_size.is_none() || self.fields.grpc {
            self.read(head.headers);
        }
        let bodiless =
            !self.beginning.content.is_due(head.status) || self.progress.expected_size == Some(0);
        self.progress.complete = bodiless;
        !bodiless
    }

    #[inline(always)]
    fn read(&mut self, headers: &dyn Headers) {
        let fields = ResponseFields::read(headers);
        self.progress.event_stream = fields.event_stream;
        self.progress.grpc_answer = fields.grpc;
        self.progress.grpc_status = fields.grpc_status;
        // A server stops reading a body once it has sent the length that the head promised. Behind that of a call are trailers.
        if !(self.fields.grpc && fields.grpc) {
            self.progress.expected_size = self.progress.expected_size.or(fields.content_length);
        }
    }

    #[inline]
    pub(crate) fn chunk(&mut self, bytes: u64) {
        self.progress.response_size += bytes;
        self.progress.complete = self.progress.expected_size == Some(self.progress.response_size);
    }

    /// Takes in the end, which of a body is too early where the head has told more.
    #[inline]
    pub(super) fn end(&mut self) {
        let progress = &mut self.progress;
        if progress
            .expected_size
            .is_some_and(|expected| progress.response_size < expected)
        {
            progress
                .failure
                .get_or_insert((Outcome::BodyError, BODY_ERROR));
        }
        progress.complete = true;
    }

    /// How many bytes the head of the response tells.
    pub(crate) fn expected_size(&self) -> Option<u64> {
        self.progress.expected_size
    }

    /// Whether the connection goes on as something else.
    pub(crate) fn is_upgraded(&self) -> bool {
        self.beginning.content.is_upgrade(self.progress.status)
    }

    pub(crate) fn is_streaming(&self) -> bool {
        self.progress.policy.streaming || self.progress.event_stream
    }
}
