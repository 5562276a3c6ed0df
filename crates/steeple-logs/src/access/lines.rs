//! Lines by the fields of ECS.

use std::time::Duration;

use steeple_core::{ErrorType, JobRecord, Outcome, RequestRecord, TraceContext};

use super::facts::Facts;
use crate::encode::{Line, Scalar, field};

/// What a line says of a request in words: `GET /orders/7 200`.
pub(super) fn message(room: &mut String, record: &RequestRecord<'_>, facts: &Facts<'_>) {
    room.clear();
    let mut digits = itoa::Buffer::new();
    let end = match record.status {
        Some(status) => digits.format(status),
        None => record.outcome.as_str(),
    };
    for part in [facts.method, " ", facts.path, " ", end] {
        room.push_str(part);
    }
}

/// Adds what is told of a request.
pub(super) fn request(
    line: &mut Line<'_>,
    message: &str,
    record: &RequestRecord<'_>,
    facts: &Facts<'_>,
) {
    line.text(field::MESSAGE, message);
    trace(line, &record.trace());
    event(line, "web", "access", record.outcome, record.duration());
    line.ascii(field::HTTP_REQUEST_ID, record.request_id.as_str());
    line.text(field::HTTP_REQUEST_METHOD, facts.method);
    if let Some(referrer) = facts.referrer {
        line.text(field::HTTP_REQUEST_REFERRER, referrer);
    }
    if let Some(size) = record.request_size {
        line.unsigned(field::HTTP_REQUEST_BODY_BYTES, size);
    }
    if let Some(status) = record.status {
        line.unsigned(field::HTTP_RESPONSE_STATUS_CODE, status.into());
    }
    line.unsigned(field::HTTP_RESPONSE_BODY_BYTES, record.response_size);
    line.ascii(field::HTTP_VERSION, record.version.as_str());
    line.ascii(field::URL_SCHEME, record.scheme.as_str());
    if !facts.domain.is_empty() {
        line.text(field::URL_DOMAIN, facts.domain);
    }
    line.text(field::URL_PATH, facts.path);
    if let Some(query) = facts.query {
        line.text(field::URL_QUERY, query);
    }
    if let Some(client) = &facts.client {
        line.ascii(field::CLIENT_IP, client.as_str());
    }
    if !facts.agent.is_empty() {
        line.text(field::USER_AGENT_ORIGINAL, facts.agent);
    }
    error(line, record.error_type, facts.error);
    line.label("http_route", Scalar::Text(record.route()));
    line.label("outcome", Scalar::Text(record.outcome.as_str()));
    if let Some(duration) = record.head_duration() {
        line.label("head_duration", Scalar::Unsigned(nanos(duration)));
    }
}

/// Adds what is told of a job.
pub(super) fn job(line: &mut Line<'_>, record: &JobRecord<'_>, said: Option<&str>) {
    let mut message = String::with_capacity(64);
    for part in [record.kind, " ", record.name, " ", record.outcome.as_str()] {
        message.push_str(part);
    }
    line.text(field::MESSAGE, &message);
    trace(line, &record.trace());
    event(line, "process", "end", record.outcome, record.duration);
    error(line, record.error_type, said);
    line.label("job_kind", Scalar::Text(record.kind));
    line.label("job_name", Scalar::Text(record.name));
    line.label("outcome", Scalar::Text(record.outcome.as_str()));
    line.label("run_id", Scalar::Text(record.request_id.as_str()));
}

fn trace(line: &mut Line<'_>, trace: &TraceContext) {
    let trace_id = trace.trace_id().to_hex();
    line.ascii(
        field::TRACE_ID,
        str::from_utf8(&trace_id).unwrap_or_default(),
    );
    // What a request is in the terms of Elastic's: the span of the service that its others are in.
    let span_id = trace.span_id().to_hex();
    let span_id = str::from_utf8(&span_id).unwrap_or_default();
    line.ascii(field::TRANSACTION_ID, span_id);
    line.ascii(field::SPAN_ID, span_id);
}

fn event(line: &mut Line<'_>, category: &str, kind: &str, outcome: Outcome, duration: Duration) {
    line.only(field::EVENT_CATEGORY, category);
    line.ascii(field::EVENT_DATASET, "steeple.access");
    line.unsigned(field::EVENT_DURATION, nanos(duration));
    line.ascii(field::EVENT_KIND, "event");
    line.ascii(field::EVENT_OUTCOME, of_ecs(outcome));
    line.only(field::EVENT_TYPE, kind);
}

fn error(line: &mut Line<'_>, error_type: Option<ErrorType>, said: Option<&str>) {
    match error_type {
        Some(ErrorType::Status(status)) => {
            line.ascii(field::ERROR_TYPE, itoa::Buffer::new().format(status));
        }
        Some(ErrorType::Named(name)) => line.text(field::ERROR_TYPE, name),
        _ => {}
    }
    if let Some(said) = said {
        line.text(field::ERROR_MESSAGE, said);
    }
}

/// What ECS [knows of outcomes](https://www.elastic.co/docs/reference/ecs/ecs-allowed-values-event-outcome), from the service's
/// point of view.
fn of_ecs(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Success | Outcome::ClientError => "success",
        outcome if outcome.is_failure() => "failure",
        _ => "unknown",
    }
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
