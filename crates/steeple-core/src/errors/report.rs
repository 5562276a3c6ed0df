use std::{
    borrow::Cow,
    fmt,
    sync::Arc,
    thread,
    time::{Duration, SystemTime},
};

use super::{Backtrace, Breadcrumb, Cause, FingerprintRule, Reporting, Scene};
use crate::{
    kept_head::KeptHead,
    observation::{self, State},
    observer::Shared,
    outcome::{ErrorType, Outcome},
    panic::PanicReport,
    record::AttachedError,
    request_id::RequestId,
    route::UNMATCHED,
    trace_context::TraceContext,
};

/// One failure, with all that is known of it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ErrorReport {
    /// When it was noticed.
    pub at: SystemTime,
    /// What sort of failure it is.
    pub kind: ErrorKind,
    /// What went wrong and what caused that, the outermost first; at least one.
    pub causes: Vec<Cause>,
    /// File, line and column of a panic.
    pub location: Option<String>,
    /// Where it happened: of a panic, and of an error where it was attached or logged.
    pub backtrace: Option<Backtrace>,
    /// The thread that it happened in, if that has a name.
    pub thread: Option<String>,
    /// What failed by it.
    pub subject: Subject,
    /// The place in the trace.
    pub trace: Option<TraceContext>,
    /// The id of the request or of the run of the job.
    pub request_id: Option<RequestId>,
    /// What the application has told besides.
    pub scene: Scene,
    rules: Arc<Vec<FingerprintRule>>,
}

/// A sort of failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// Code panicked.
    Panic,
    /// A request or job failed by an error that was attached.
    Error,
    /// A request was answered with a status that says that the service failed, and nothing says why.
    Status,
    /// The body of a response broke off.
    BodyError,
    /// A request ran into a time-out.
    TimedOut,
    /// An error was [logged](crate::log_error); whatever it happened in goes on.
    Logged,
}

/// What failed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Subject {
    /// A request.
    Request(Box<FailedRequest>),
    /// A job.
    #[non_exhaustive]
    Job {
        /// What sort of job: `job`, `queue`, `cron`.
        kind: &'static str,
        /// Which of its sort.
        name: &'static str,
    },
    /// Code that is in neither.
    Process,
}

/// A request that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FailedRequest {
    /// The method, `_OTHER` if it is none of the known ones.
    pub method: String,
    /// The template of the route, `_UNMATCHED` if there was none.
    pub route: String,
    /// The status that was answered, if one was.
    pub status: Option<u16>,
    /// How it ended; none if it goes on.
    pub outcome: Option<Outcome>,
    /// How long it had taken by then.
    pub duration: Duration,
    /// What is kept of its head.
    pub head: KeptHead,
}

impl FailedRequest {
    /// The [route](Self::route), unless that is not known yet: actix-web tells it once the request was handled.
    #[must_use]
    pub fn known_route(&self) -> Option<&str> {
        let is_known = self.outcome.is_some() || self.route != UNMATCHED;
        is_known.then_some(&self.route)
    }
}

impl ErrorKind {
    /// The value of labels and fields.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Panic => "panic",
            Self::Error => "error",
            Self::Status => "status",
            Self::BodyError => "body_error",
            Self::TimedOut => "timed_out",
            Self::Logged => "logged",
        }
    }

    /// Whether the application had no chance to handle it.
    #[must_use]
    pub const fn is_unhandled(self) -> bool {
        matches!(self, Self::Panic)
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Subject {
    /// The template of the request's route, or the kind and the name of the job: `cron nightly`.
    #[must_use]
    pub fn route(&self) -> Option<Cow<'_, str>> {
        match self {
            Self::Request(request) => Some(Cow::Borrowed(&request.route)),
            Self::Job { kind, name } => Some(Cow::Owned(format!("{kind} {name}"))),
            Self::Process => None,
        }
    }
}

impl ErrorReport {
    pub(crate) fn new(failure: Failure, facts: Facts, reporting: &Reporting) -> Self {
        Self {
            at: SystemTime::now(),
            kind: failure.kind,
            causes: failure.causes,
            location: failure.location,
            backtrace: failure.backtrace,
            thread: thread::current().name().map(str::to_owned),
            subject: facts.subject,
            trace: facts.trace,
            request_id: facts.request_id,
            scene: facts.scene,
            rules: Arc::clone(&reporting.rules),
        }
    }

    /// What reports are the same by, if the application says so: what it [told](crate::current::fingerprint) where this happened, or
    /// else what the first of its [rules](FingerprintRule) says that matches; empty if neither says anything.
    ///
    /// `calls` are the functions and the files of the application's own calls, for rules that ask for
    /// [places](FingerprintRule::place): of those [frames](Backtrace::frames) that are `in_app`. Who does not look them up gives none.
    pub fn fingerprint<'a>(&self, calls: impl Iterator<Item = &'a str> + Clone) -> &[String] {
        let told = self.scene.fingerprint();
        if !told.is_empty() {
            return told;
        }
        let mut rules = self.rules.iter();
        let rule = rules.find(|rule| rule.matches(self, &calls));
        rule.map_or(&[], FingerprintRule::parts)
    }

    /// What went wrong, without what caused it.
    #[must_use]
    pub fn error(&self) -> &Cause {
        &self.causes[0]
    }

    /// How much memory it takes, about: for sinks that queue it.
    #[must_use]
    pub fn heap_bytes(&self) -> usize {
        /// What a backtrace and the small texts take at most.
        const REST: usize = 2_048;
        let causes = self.causes.iter();
        let causes = causes.map(|cause| size_of::<Cause>() + cause.message.capacity());
        let crumbs = self.scene.breadcrumbs();
        let crumbs = crumbs.map(|crumb| size_of::<Breadcrumb>() + crumb.message.capacity());
        size_of::<Self>() + REST + causes.chain(crumbs).sum::<usize>()
    }
}

/// What went wrong.
#[derive(Debug)]
pub(crate) struct Failure {
    kind: ErrorKind,
    causes: Vec<Cause>,
    location: Option<String>,
    backtrace: Option<Backtrace>,
}

impl Failure {
    /// A panic, and the one that it came on top of.
    pub(crate) fn panic(panic: &PanicReport, earlier: Option<&PanicReport>) -> Self {
        let cause = |panic: &PanicReport| Cause::new("panic", &*panic.message);
        Self {
            kind: ErrorKind::Panic,
            causes: [panic].into_iter().chain(earlier).map(cause).collect(),
            location: panic.location.clone(),
            backtrace: panic.backtrace.clone(),
        }
    }

    /// An error that was attached or logged.
    pub(crate) fn error(kind: ErrorKind, error: &AttachedError) -> Self {
        let first = Cause {
            type_name: error
                .type_name
                .map(Into::into)
                .or_else(|| error.printed_type.clone()),
            message: error.message.clone(),
        };
        let mut causes = vec![first];
        causes.extend_from_slice(&error.sources);
        Self {
            kind,
            causes,
            location: None,
            backtrace: error.backtrace.clone(),
        }
    }

    /// What ended a request or job.
    pub(crate) fn of_end(
        outcome: Outcome,
        error_type: ErrorType,
        status: Option<u16>,
        panic: Option<&PanicReport>,
        error: Option<&AttachedError>,
    ) -> Self {
        let kind = match outcome {
            Outcome::Panicked => ErrorKind::Panic,
            Outcome::TimedOut => ErrorKind::TimedOut,
            Outcome::BodyError => ErrorKind::BodyError,
            _ if error.is_some() => ErrorKind::Error,
            _ => ErrorKind::Status,
        };
        if let (ErrorKind::Panic, Some(panic)) = (kind, panic) {
            return Self::panic(panic, None);
        }
        if let Some(error) = error {
            return Self::error(kind, error);
        }
        let message = match (kind, status) {
            (ErrorKind::TimedOut, _) => "it ran into a time-out".to_owned(),
            (ErrorKind::BodyError, _) => "the body of the response broke off".to_owned(),
            (_, Some(status)) => format!("it was answered with {status}"),
            (_, None) => "it failed without an answer".to_owned(),
        };
        Self {
            kind,
            causes: vec![Cause::new(error_type.to_string(), message)],
            location: None,
            backtrace: None,
        }
    }
}

/// Whom a failure happens to.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Facts {
    /// What fails by it.
    pub subject: Subject,
    /// The place in the trace.
    pub trace: Option<TraceContext>,
    /// The id of the request or of the run of the job.
    pub request_id: Option<RequestId>,
    /// What the application has told besides.
    pub scene: Scene,
}

impl Facts {
    /// Nobody in particular.
    pub(crate) fn of_process(trace: Option<TraceContext>) -> Self {
        Self {
            subject: Subject::Process,
            trace,
            request_id: None,
            scene: Scene::default(),
        }
    }

    /// Those of a request or job that goes on.
    pub(crate) fn of_current(state: &State, shared: &Shared) -> Self {
        Self::of(state, shared, None, state.kept_head())
    }

    /// Those of a request or job that ended with `outcome`.
    pub(crate) fn of(
        state: &State,
        shared: &Shared,
        outcome: Option<Outcome>,
        head: Option<&KeptHead>,
    ) -> Self {
        let subject = match state.beginning.subject {
            observation::Subject::Request => Subject::Request(Box::new(FailedRequest {
                method: shared.methods.name(state.beginning.method).to_owned(),
                route: shared.routes.template(state.progress.route).to_owned(),
                status: (state.progress.status != 0).then_some(state.progress.status),
                outcome,
                duration: state.beginning.started.elapsed().into(),
                head: head.cloned().unwrap_or_default(),
            })),
            observation::Subject::Job { kind, name } => Subject::Job { kind, name },
        };
        Self {
            subject,
            trace: Some(state.context()),
            request_id: Some(state.fields.request_id),
            scene: state.scene.as_deref().cloned().unwrap_or_default(),
        }
    }

    pub(crate) fn at(self, trace: Option<TraceContext>) -> Self {
        Self {
            trace: trace.or(self.trace),
            ..self
        }
    }
}
