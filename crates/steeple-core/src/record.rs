//! The one record that every signal of a request derives from.

use std::{borrow::Cow, error::Error, fmt::Display, time::Duration};

use crate::{
    clock::Elapsed,
    errors::{Backtrace, Cause},
    grpc::{Call, RpcCall},
    head::{HttpVersion, Scheme},
    kept_head::KeptHead,
    label::LabelValues,
    method::Method,
    observer::Shared,
    outcome::{ErrorType, Outcome},
    panic::PanicReport,
    request_id::RequestId,
    route::Route,
    text,
    trace_context::TraceContext,
    traces::{Lineage, Recording},
};

/// What one request was and how it ended.
#[derive(Debug)]
#[non_exhaustive]
pub struct RequestRecord<'a> {
    /// The scheme.
    pub scheme: Scheme,
    /// The version of HTTP.
    pub version: HttpVersion,
    /// The status that was answered, if one was.
    pub status: Option<u16>,
    /// How it ended.
    pub outcome: Outcome,
    /// What went wrong, if the service is to blame.
    pub error_type: Option<ErrorType>,
    /// The size of the request's body in bytes, where it is known.
    pub request_size: Option<u64>,
    /// Whether the request's body is known to have broken off.
    pub request_broken: bool,
    /// How many bytes of the response's body were handed to the server.
    pub response_size: u64,
    /// Whether the connection was upgraded: the request is over with its head, the connection goes on.
    pub upgraded: bool,
    /// Whether the route is judged by the time to the head.
    pub streaming: bool,
    /// The id that the response carries.
    pub request_id: &'a RequestId,
    /// The panic that ended it, if one did.
    pub panic: Option<&'a PanicReport>,
    /// The error that the handler attached, if any.
    pub error: Option<&'a AttachedError>,
    /// What is kept of it for its trace, if that is recorded.
    pub recording: Option<&'a Recording>,
    /// What is kept of its head, if its trace is recorded, errors are reported, or a [sink reads it](crate::Sink::reads_heads).
    pub head: Option<&'a KeptHead>,
    pub(crate) lineage: &'a Lineage,
    pub(crate) elapsed: Elapsed,
    pub(crate) to_head: Option<Elapsed>,
    pub(crate) shared: &'a Shared,
    pub(crate) keys: Keys,
}

/// The parts of a record by their places in the observer's tables, which the metrics find their series by.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Keys {
    pub(crate) method: Method,
    pub(crate) route: Route,
    pub(crate) call: Option<Call>,
    pub(crate) labels: LabelValues,
    /// Whether the gauges of active requests count it.
    pub(crate) active: bool,
    /// The route that was known at first, which the gauges by route count it under.
    pub(crate) first_route: Route,
    /// Whether the signals leave it out.
    pub(crate) ignored: bool,
}

impl<'a> RequestRecord<'a> {
    /// The method, `_OTHER` if it is none of the known ones.
    #[must_use]
    pub fn method(&self) -> &'a str {
        self.shared.methods.name(self.keys.method)
    }

    /// The template of the route, `_UNMATCHED` if there was none.
    #[must_use]
    pub fn route(&self) -> &'a str {
        self.shared.routes.template(self.keys.route)
    }

    /// The method as the name of a span begins: `HTTP` if it is none of the known ones.
    #[must_use]
    pub fn span_method(&self) -> &'a str {
        self.shared.methods.span_name(self.keys.method)
    }

    /// The template of the route, if there was one that is told apart from others.
    #[must_use]
    pub fn template(&self) -> Option<&'a str> {
        self.shared.routes.known_template(self.keys.route)
    }

    /// What it was as a remote procedure call, if it was one.
    #[must_use]
    pub fn rpc(&self) -> Option<RpcCall<'a>> {
        let call = self.keys.call?;
        Some(call.named(&self.shared.routes))
    }

    /// From the head of the request to the end of the response's body.
    #[must_use]
    pub fn duration(&self) -> Duration {
        self.elapsed.into()
    }

    /// From the head of the request to the head of the response, if there was one.
    #[must_use]
    pub fn head_duration(&self) -> Option<Duration> {
        self.to_head.map(Duration::from)
    }

    /// The place in the trace. It is worked out on each call.
    #[must_use]
    pub fn trace(&self) -> TraceContext {
        self.lineage.context()
    }

    /// The digits of the ids that [`trace`](Self::trace) tells, of the trace and of its span: less is worked out for them.
    #[must_use]
    pub fn trace_digits(&self) -> ([u8; 32], [u8; 16]) {
        self.lineage.digits()
    }

    /// Name and value of each of the application's own labels.
    pub(crate) fn labels(&self) -> impl Iterator<Item = (&'static str, &'a str)> {
        self.shared.labels.pairs(self.keys.labels)
    }
}

/// What one job was and how it ended.
#[derive(Debug)]
#[non_exhaustive]
pub struct JobRecord<'a> {
    /// What sort of job: `job`, `queue`, `cron`.
    pub kind: &'static str,
    /// Which of its sort.
    pub name: &'static str,
    /// How it ended.
    pub outcome: Outcome,
    /// What went wrong, if something did.
    pub error_type: Option<ErrorType>,
    /// From beginning to end.
    pub duration: Duration,
    /// The id of this run.
    pub request_id: &'a RequestId,
    /// The panic that ended it, if one did.
    pub panic: Option<&'a PanicReport>,
    /// The error that was attached, if any.
    pub error: Option<&'a AttachedError>,
    /// What is kept of it for its trace, if that is recorded.
    pub recording: Option<&'a Recording>,
    pub(crate) lineage: &'a Lineage,
}

impl JobRecord<'_> {
    /// The place in the trace.
    #[must_use]
    pub fn trace(&self) -> TraceContext {
        self.lineage.context()
    }
}

/// An error that a handler attached to its request.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct AttachedError {
    /// The name of its type, where that is known.
    pub type_name: Option<&'static str>,
    /// What it says, at most 1,024 bytes.
    pub message: String,
    /// What caused it, the nearest first.
    pub sources: Vec<Cause>,
    /// Where it was attached, if [errors are reported](crate::ObserverBuilder::error_sink).
    pub backtrace: Option<Backtrace>,
    /// What it prints as its type, where that is hidden.
    pub(crate) printed_type: Option<Cow<'static, str>>,
}

impl AttachedError {
    /// The name of its type, or what it prints as that where it is hidden.
    #[must_use]
    pub fn known_type(&self) -> Option<&str> {
        self.type_name.or(self.printed_type.as_deref())
    }

    /// What `error` says, and what caused it. It runs the code of the error.
    #[must_use]
    pub fn told_by(error: &(dyn Error + 'static)) -> Self {
        Self::of(error, false)
    }

    /// Runs the code of the error, which may use what is current.
    pub(crate) fn of<E: Error + ?Sized>(error: &E, reported: bool) -> Self {
        let mut chain = Cause::chain(error).into_iter();
        let first = chain.next();
        let (printed_type, message) = first
            .map(|first| (first.type_name, first.message))
            .unwrap_or_default();
        Self {
            type_name: ErrorType::known_name_of::<E>(),
            message,
            sources: chain.collect(),
            backtrace: reported.then(Backtrace::capture).flatten(),
            printed_type,
        }
    }

    /// One of which nothing is known but what it says.
    pub(crate) fn of_message(message: impl Display) -> Self {
        Self {
            type_name: None,
            message: text::bounded(message),
            sources: Vec::new(),
            backtrace: None,
            printed_type: None,
        }
    }
}
