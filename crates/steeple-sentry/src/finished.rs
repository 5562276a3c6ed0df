use std::{
    borrow::Cow,
    mem,
    time::{Duration, SystemTime},
};

use sentry_core::{
    ClientOptions,
    protocol::{
        ClientSdkInfo, Context, Map, ResponseContext, SpanStatus, TraceContext as Trace,
        Transaction, Value,
    },
};
use steeple_core::{Outcome, RequestId, RequestRecord, TraceContext};

use crate::event::ROUTE;

/// Where transactions of ours [come from](https://develop.sentry.dev/sdk/telemetry/traces/trace-origin/).
const ORIGIN: &str = "auto.http.steeple";

/// What is told of a request that is over, as a
/// [transaction](https://develop.sentry.dev/sdk/data-model/event-payloads/transaction/).
#[derive(Debug)]
pub(crate) struct Finished {
    ended: SystemTime,
    duration: Duration,
    trace: TraceContext,
    request_id: RequestId,
    /// As the span of the request is called.
    name: String,
    method: String,
    route: String,
    status: Option<u16>,
    outcome: Outcome,
    response_size: u64,
}

impl Finished {
    pub(crate) fn of(record: &RequestRecord<'_>, trace: TraceContext) -> Self {
        let method = record.span_method();
        Self {
            ended: SystemTime::now(),
            duration: record.duration(),
            trace,
            request_id: *record.request_id,
            name: match record.template() {
                Some(template) => format!("{method} {template}"),
                None => method.to_owned(),
            },
            method: record.method().to_owned(),
            route: record.route().to_owned(),
            status: record.status,
            outcome: record.outcome,
            response_size: record.response_size,
        }
    }

    /// About how many bytes it holds, and holds again as a transaction.
    pub(crate) fn heap_bytes(&self) -> usize {
        /// What a transaction has besides its texts.
        const REST: usize = 1_024;
        let texts = [&self.name, &self.method, &self.route];
        mem::size_of::<Self>() + REST + texts.map(String::len).iter().sum::<usize>()
    }

    pub(crate) fn transaction(&self, options: &ClientOptions) -> Transaction<'static> {
        let response = ResponseContext {
            status_code: self.status.map(Into::into),
            body_size: Some(self.response_size),
            ..ResponseContext::default()
        };
        let contexts = [
            ("response", Context::from(response)),
            ("trace", self.trace().into()),
        ];
        let sdk = ClientSdkInfo {
            name: env!("CARGO_PKG_NAME").to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            integrations: Vec::new(),
            packages: Vec::new(),
        };
        Transaction {
            name: Some(self.name.clone()),
            release: options.release.clone(),
            environment: options.environment.clone(),
            server_name: options.server_name.clone(),
            sdk: Some(Cow::Owned(sdk)),
            platform: "native".into(),
            start_timestamp: self.ended - self.duration,
            timestamp: Some(self.ended),
            tags: self.tags(),
            contexts: contexts
                .map(|(name, context)| (name.to_owned(), context))
                .into(),
            ..Transaction::default()
        }
    }

    fn tags(&self) -> Map<String, String> {
        let status = self.status.map(|status| status.to_string());
        let tags = [
            ("method", Some(self.method.clone())),
            ("outcome", Some(self.outcome.as_str().to_owned())),
            ("request_id", Some(self.request_id.to_string())),
            (ROUTE, Some(self.route.clone())),
            ("status", status),
        ];
        tags.into_iter()
            .filter_map(|(name, value)| Some((name.to_owned(), value?)))
            .collect()
    }

    fn trace(&self) -> Trace {
        let parent = self.trace.parent_span_id();
        let data = [
            ("http.request.method", Some(Value::from(&*self.method))),
            ("http.response.status_code", self.status.map(Value::from)),
        ];
        Trace {
            trace_id: self.trace.trace_id().to_bytes().into(),
            span_id: self.trace.span_id().to_bytes().into(),
            parent_span_id: parent.map(|parent| parent.to_bytes().into()),
            op: Some("http.server".to_owned()),
            status: Some(span_status(self.outcome, self.status)),
            origin: Some(ORIGIN.to_owned()),
            data: data
                .into_iter()
                .filter_map(|(name, value)| Some((name.to_owned(), value?)))
                .collect(),
            ..Trace::default()
        }
    }
}

/// Whether a transaction was made here, so that it is named by a route.
pub(crate) fn is_named_by_route(transaction: &Transaction<'_>) -> bool {
    match transaction.contexts.get("trace") {
        Some(Context::Trace(trace)) => trace.origin.as_deref() == Some(ORIGIN),
        _ => false,
    }
}

/// How it ended, [by the status](https://develop.sentry.dev/sdk/data-model/event-payloads/contexts/#trace-context) where that
/// says more.
fn span_status(outcome: Outcome, status: Option<u16>) -> SpanStatus {
    match (outcome, status.unwrap_or_default()) {
        (Outcome::Success, _) => SpanStatus::Ok,
        (Outcome::TimedOut, _) | (Outcome::ServerError, 504) => SpanStatus::DeadlineExceeded,
        (Outcome::CancelledBeforeHead | Outcome::CancelledInBody, _) => SpanStatus::Cancelled,
        (Outcome::ClientError, 401) => SpanStatus::Unauthenticated,
        (Outcome::ClientError, 403) => SpanStatus::PermissionDenied,
        (Outcome::ClientError, 404) => SpanStatus::NotFound,
        (Outcome::ClientError, 409) => SpanStatus::AlreadyExists,
        (Outcome::ClientError, 429) => SpanStatus::ResourceExhausted,
        (Outcome::ClientError, _) => SpanStatus::InvalidArgument,
        (Outcome::ServerError, 501) => SpanStatus::Unimplemented,
        (Outcome::ServerError, 503) => SpanStatus::Unavailable,
        _ => SpanStatus::InternalError,
    }
}
