//! The span of a request that went out.

use std::io::Write;

use steeple_core::{CallRecord, CallTarget, Scheme, TraceContext};

use crate::{
    fields::span,
    traces::{
        redaction::Redaction,
        rpc::push_rpc,
        span::{Span, SpanKind, StatusCode, push_error_type, push_status},
    },
    value::{push_integer_attribute, push_text_attribute, push_written_attribute},
};

/// Writes the span of a request that went out, by the
/// conventions for clients of [HTTP](https://github.com/open-telemetry/semantic-conventions/blob/v1.44.0/docs/http/http-spans.md#http-client)
/// and of [RPC](https://github.com/open-telemetry/semantic-conventions/blob/v1.44.0/docs/rpc/rpc-spans.md).
pub(crate) fn push_call(
    message: &mut Vec<u8>,
    record: &CallRecord<'_>,
    context: &TraceContext,
    target: &CallTarget,
    redaction: &Redaction,
) {
    let started = record.started.unix_nanos();
    let head = Span {
        context,
        kind: SpanKind::Client,
        started,
        ended: started + record.duration().as_nanos() as u64,
    };
    let name = match record.rpc() {
        Some(call) => call.method,
        None => record.span_method(),
    };
    head.push(
        message,
        |text| text.extend_from_slice(name.as_bytes()),
        |message| {
            push_attributes(message, record, target, redaction);
            if record.error_type.is_some() && !record.is_cancelled() {
                push_status(message, StatusCode::Error, "");
            }
        },
    );
}

fn push_attributes(
    message: &mut Vec<u8>,
    record: &CallRecord<'_>,
    target: &CallTarget,
    redaction: &Redaction,
) {
    if let Some(call) = record.rpc() {
        push_rpc(message, call);
    }
    let mut text = |key, value: &str| push_text_attribute(message, span::ATTRIBUTES, key, value);
    text("http.request.method", record.method());
    if record.method() != target.method {
        text("http.request.method_original", &target.method);
    }
    text("url.scheme", record.scheme.as_str());
    if let Some(version) = record.version {
        text("network.protocol.version", version.as_str());
    }
    push_error_type(message, record.error_type);
    if !target.host.is_empty() {
        push_text_attribute(message, span::ATTRIBUTES, "server.address", &target.host);
        push_integer_attribute(message, span::ATTRIBUTES, "server.port", target.port.into());
        push_written_attribute(message, span::ATTRIBUTES, "url.full", |url| {
            push_url(url, record.scheme, target, redaction);
        });
    }
    if let Some(status) = record.status {
        let key = "http.response.status_code";
        push_integer_attribute(message, span::ATTRIBUTES, key, status.into());
    }
    if record.resend_count > 0 {
        let key = "http.request.resend_count";
        push_integer_attribute(message, span::ATTRIBUTES, key, record.resend_count.into());
    }
}

fn push_url(url: &mut Vec<u8>, scheme: Scheme, target: &CallTarget, redaction: &Redaction) {
    let (open, close) = if target.host.contains(':') {
        ("[", "]")
    } else {
        ("", "")
    };
    // Writing to memory does not fail.
    let _ = write!(url, "{}://{open}{}{close}", scheme.as_str(), target.host);
    if !matches!(
        (scheme, target.port),
        (Scheme::Http, 80) | (Scheme::Https, 443)
    ) {
        let _ = write!(url, ":{}", target.port);
    }
    url.extend_from_slice(target.path.as_bytes());
    if let Some(query) = &target.query {
        url.push(b'?');
        for part in redaction.parts(query) {
            url.extend_from_slice(part.as_bytes());
        }
    }
}
