use sentry_core::protocol::{
    Context, Event, Map, ResponseContext, SpanStatus, TraceContext as Trace, Value,
};
use steeple_core::{
    RequestId, TraceContext,
    errors::{ErrorReport, Facts, FailedRequest, Scene, Subject},
};

use super::{breadcrumbs, request};

/// The tag that tells the route.
pub(crate) const ROUTE: &str = "route";
/// How long Sentry lets the name of a tag be.
const LONGEST_TAG: usize = 32;

/// Whom an event happened to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place<'a> {
    subject: &'a Subject,
    trace: Option<TraceContext>,
    request_id: Option<RequestId>,
    scene: &'a Scene,
}

impl<'a> Place<'a> {
    pub(crate) fn of_report(report: &'a ErrorReport) -> Self {
        Self {
            subject: &report.subject,
            trace: report.trace,
            request_id: report.request_id,
            scene: &report.scene,
        }
    }

    pub(crate) fn of_facts(facts: &'a Facts) -> Self {
        Self {
            subject: &facts.subject,
            trace: facts.trace,
            request_id: facts.request_id,
            scene: &facts.scene,
        }
    }

    /// Completes the event. What it says already stays, but for the trace: there is one, and it is that of all other signals.
    pub(crate) fn describe(self, event: &mut Event<'static>) {
        self.tag(&mut event.tags);
        if let Some(trace) = self.trace {
            let trace = self.trace_context(&trace);
            event.contexts.insert("trace".to_owned(), trace);
        }
        let mut crumbs = breadcrumbs(self.scene).values;
        crumbs.append(&mut event.breadcrumbs.values);
        crumbs.sort_by_key(|crumb| crumb.timestamp);
        event.breadcrumbs.values = crumbs;
        let dropped = self.scene.dropped_breadcrumbs();
        if dropped > 0 {
            let dropped = Value::from(dropped);
            event
                .extra
                .insert("dropped_breadcrumbs".to_owned(), dropped);
        }
        if let Some(id) = self.scene.user() {
            let user = event.user.get_or_insert_default();
            user.id.get_or_insert_with(|| id.as_str().to_owned());
        }
        match self.subject {
            Subject::Request(request) => describe_request(event, request),
            Subject::Job { kind, name, .. } => {
                let name = || format!("{kind} {name}");
                event.transaction.get_or_insert_with(name);
            }
            _ => {}
        }
    }

    /// Completes an event that was described before the route was known.
    pub(crate) fn describe_route(self, event: &mut Event<'static>) {
        if let Subject::Request(request) = self.subject
            && let Some(route) = request.known_route()
        {
            event.tags.insert(ROUTE.to_owned(), one_line(route));
            name(event, request, route);
        }
    }

    fn tag(self, tags: &mut Map<String, String>) {
        let mut tag = |name: &str, value: &str| {
            if !value.is_empty() {
                tags.entry(tag_name(name))
                    .or_insert_with(|| one_line(value));
            }
        };
        for (name, value) in self.scene.tags() {
            tag(name, value);
        }
        match self.subject {
            Subject::Request(request) => {
                tag("method", &request.method);
                tag(ROUTE, request.known_route().unwrap_or_default());
                if let Some(status) = request.status {
                    tag("status", &status.to_string());
                }
                if let Some(outcome) = request.outcome {
                    tag("outcome", outcome.as_str());
                }
            }
            Subject::Job { kind, name, .. } => {
                tag("job.kind", kind);
                tag("job.name", name);
            }
            _ => {}
        }
        if let Some(id) = self.request_id {
            tag("request_id", &id.to_string());
        }
    }

    fn trace_context(self, trace: &TraceContext) -> Context {
        let (op, failed) = match self.subject {
            Subject::Request(request) => {
                (Some("http.server".to_owned()), request.outcome.is_some())
            }
            Subject::Job { kind, .. } => (Some((*kind).to_owned()), false),
            _ => (None, false),
        };
        let parent = trace.parent_span_id();
        let context = Trace {
            trace_id: trace.trace_id().to_bytes().into(),
            span_id: trace.span_id().to_bytes().into(),
            parent_span_id: parent.map(|parent| parent.to_bytes().into()),
            status: failed.then_some(SpanStatus::InternalError),
            op,
            ..Trace::default()
        };
        context.into()
    }
}

fn describe_request(event: &mut Event<'static>, failed: &FailedRequest) {
    if let Some(route) = failed.known_route() {
        name(event, failed, route);
    }
    let request = || request::of(failed);
    event.request.get_or_insert_with(request);
    if let Some(status) = failed.status {
        let response = ResponseContext {
            status_code: Some(status.into()),
            ..ResponseContext::default()
        };
        let response = Context::from(response);
        event.contexts.insert("response".to_owned(), response);
    }
    let took = Value::from(failed.duration.as_secs_f64() * 1_000.0);
    event.extra.insert("duration_ms".to_owned(), took);
    if let Some(peer) = failed.head.peer() {
        let user = event.user.get_or_insert_default();
        user.ip_address.get_or_insert(peer.ip().into());
    }
}

/// Calls the event after the route, unless it has a name that is none of a path: of those there are as many as clients think of.
fn name(event: &mut Event<'static>, failed: &FailedRequest, route: &str) {
    let path = failed.head.path();
    let is_name = |name: &String| path.len() < 2 || !name.ends_with(path);
    let given = event.transaction.take().filter(is_name);
    let name = || format!("{} {route}", failed.method);
    event.transaction = Some(given.unwrap_or_else(name));
}

/// A name as [Sentry has them](https://docs.sentry.io/platforms/rust/enriching-events/tags/).
fn tag_name(name: &str) -> String {
    let allowed = |letter: char| match letter {
        '_' | '.' | ':' | '-' => letter,
        letter if letter.is_ascii_alphanumeric() => letter,
        _ => '_',
    };
    name.chars().take(LONGEST_TAG).map(allowed).collect()
}

fn one_line(value: &str) -> String {
    value.replace(['\n', '\r'], " ")
}
