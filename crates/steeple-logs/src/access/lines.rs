//! Lines by the fields of ECS.

use std::time::Duration;

use steeple_core::{ErrorType, JobRecord, Outcome, RequestId, RequestRecord, Timestamp};
use tracing_core::Level;

use super::{address::AddressText, facts::Facts};
use crate::encode::{Encoder, Field, Line, Scalar, field};

/// Who says the lines.
pub(super) const LOGGER: &str = "steeple::access";

/// What a line tells of a request.
#[derive(Clone, Copy)]
pub(super) struct Told<'a> {
    pub(super) ids: &'a Ids,
    pub(super) outcome: Outcome,
    /// In nanoseconds, as that to the head.
    pub(super) duration: u64,
    pub(super) request_id: &'a RequestId,
    pub(super) method: &'a str,
    pub(super) referrer: Option<&'a str>,
    pub(super) request_size: Option<u64>,
    pub(super) status: Option<u64>,
    pub(super) response_size: u64,
    pub(super) version: &'static str,
    pub(super) scheme: &'static str,
    pub(super) domain: Option<&'a str>,
    pub(super) path: &'a str,
    pub(super) query: Option<&'a str>,
    pub(super) client: Option<&'a str>,
    pub(super) agent: Option<&'a str>,
    pub(super) error_type: Option<ErrorType>,
    pub(super) error: Option<&'a str>,
    pub(super) route: &'a str,
    pub(super) head_duration: Option<u64>,
    /// Tells domain and agent together from all others of the thread.
    pub(super) asked_by: u64,
}

impl<'a> Told<'a> {
    #[inline]
    pub(super) fn of(record: &'a RequestRecord<'_>, facts: &'a Facts<'_>, ids: &'a Ids) -> Self {
        let some = |text: &'a str| Some(text).filter(|text| !text.is_empty());
        Self {
            ids,
            outcome: record.outcome,
            duration: nanos(record.duration()),
            request_id: record.request_id,
            method: facts.method,
            referrer: facts.referrer,
            request_size: record.request_size,
            status: record.status.map(u64::from),
            response_size: record.response_size,
            version: record.version.as_str(),
            scheme: record.scheme.as_str(),
            domain: some(facts.domain),
            path: facts.path,
            query: facts.query,
            client: facts.client.as_ref().map(AddressText::as_str),
            agent: some(facts.agent),
            error_type: record.error_type,
            error: facts.error,
            route: record.route(),
            head_duration: record.head_duration().map(nanos),
            asked_by: facts.asked_by,
        }
    }

    /// It in words: `GET /orders/7 200`.
    fn message<'r>(&self, room: &'r mut String) -> &'r str {
        room.clear();
        let mut digits = itoa::Buffer::new();
        let end = match self.status {
            Some(status) => digits.format(status),
            None => self.outcome.as_str(),
        };
        for part in [self.method, " ", self.path, " ", end] {
            room.push_str(part);
        }
        room
    }
}

/// The place in a trace, in hex.
pub(super) struct Ids {
    pub(super) trace: [u8; 32],
    pub(super) span: [u8; 16],
}

impl Ids {
    pub(super) fn of(record: &RequestRecord<'_>) -> Self {
        let (trace, span) = record.trace_digits();
        Self { trace, span }
    }

    fn of_job(record: &JobRecord<'_>) -> Self {
        let trace = record.trace();
        Self {
            trace: trace.trace_id().to_hex(),
            span: trace.span_id().to_hex(),
        }
    }
}

/// Writes the line of a request, with `room` for its message.
pub(super) fn request(
    encoder: &Encoder,
    out: &mut Vec<u8>,
    at: Timestamp,
    level: Level,
    told: &Told<'_>,
    room: &mut String,
) {
    let mut line = encoder.begin(out, at, level, LOGGER);
    line.text(field::MESSAGE, told.message(room));
    trace(&mut line, told.ids);
    event(&mut line, "web", "access", told.outcome, told.duration);
    line.ascii(field::HTTP_REQUEST_ID, told.request_id.as_str());
    line.text(field::HTTP_REQUEST_METHOD, told.method);
    optional(&mut line, field::HTTP_REQUEST_REFERRER, told.referrer);
    if let Some(size) = told.request_size {
        line.unsigned(field::HTTP_REQUEST_BODY_BYTES, size);
    }
    if let Some(status) = told.status {
        line.unsigned(field::HTTP_RESPONSE_STATUS_CODE, status);
    }
    line.unsigned(field::HTTP_RESPONSE_BODY_BYTES, told.response_size);
    line.ascii(field::HTTP_VERSION, told.version);
    line.ascii(field::URL_SCHEME, told.scheme);
    optional(&mut line, field::URL_DOMAIN, told.domain);
    line.text(field::URL_PATH, told.path);
    optional(&mut line, field::URL_QUERY, told.query);
    optional(&mut line, field::CLIENT_IP, told.client);
    optional(&mut line, field::USER_AGENT_ORIGINAL, told.agent);
    error(&mut line, told.error_type, told.error);
    line.label("http_route", Scalar::Text(told.route));
    line.label("outcome", Scalar::Text(told.outcome.as_str()));
    if let Some(duration) = told.head_duration {
        line.label("head_duration", Scalar::Unsigned(duration));
    }
    line.end();
}

fn optional(line: &mut Line<'_>, field: Field, value: Option<&str>) {
    if let Some(value) = value {
        line.text(field, value);
    }
}

/// Adds what is told of a job.
pub(super) fn job(line: &mut Line<'_>, record: &JobRecord<'_>, said: Option<&str>) {
    let mut message = String::with_capacity(64);
    for part in [record.kind, " ", record.name, " ", record.outcome.as_str()] {
        message.push_str(part);
    }
    line.text(field::MESSAGE, &message);
    trace(line, &Ids::of_job(record));
    event(
        line,
        "process",
        "end",
        record.outcome,
        nanos(record.duration),
    );
    error(line, record.error_type, said);
    line.label("job_kind", Scalar::Text(record.kind));
    line.label("job_name", Scalar::Text(record.name));
    line.label("outcome", Scalar::Text(record.outcome.as_str()));
    line.label("run_id", Scalar::Text(record.request_id.as_str()));
}

fn trace(line: &mut Line<'_>, ids: &Ids) {
    let [trace_id, span_id] =
        [&ids.trace[..], &ids.span].map(|id| str::from_utf8(id).unwrap_or_default());
    line.ascii(field::TRACE_ID, trace_id);
    // What a request is in the terms of Elastic's: the span of the service that its others are in.
    line.ascii(field::TRANSACTION_ID, span_id);
    line.ascii(field::SPAN_ID, span_id);
}

fn event(line: &mut Line<'_>, category: &str, kind: &str, outcome: Outcome, duration: u64) {
    line.only(field::EVENT_CATEGORY, category);
    line.ascii(field::EVENT_DATASET, "steeple.access");
    line.unsigned(field::EVENT_DURATION, duration);
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
    // Enough for five centuries.
    duration.as_nanos() as u64
}
