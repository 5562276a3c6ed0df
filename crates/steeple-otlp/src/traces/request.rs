//! The span of a request.

use std::io::Write;

use steeple_core::{KeptHead, Outcome, Recording, RequestRecord};

use crate::{
    fields::span,
    traces::{
        ending::Ending,
        redaction::Redaction,
        rpc::push_rpc,
        span::{Span, SpanKind, push_error_type},
    },
    value::{
        push_integer_attribute, push_list_attribute, push_text_attribute, push_written_attribute,
    },
};

/// Writes the span of a request, by the conventions for
/// [HTTP](https://github.com/open-telemetry/semantic-conventions/blob/v1.44.0/docs/http/http-spans.md#http-server) and for
/// [RPC](https://github.com/open-telemetry/semantic-conventions/blob/v1.44.0/docs/rpc/rpc-spans.md).
pub(crate) fn push_request(
    message: &mut Vec<u8>,
    record: &RequestRecord<'_>,
    recording: &Recording,
    redaction: &Redaction,
) {
    let started = recording.started().unix_nanos();
    let ended = started + record.duration().as_nanos() as u64;
    let head = Span {
        context: recording.context(),
        kind: SpanKind::Server,
        started,
        ended,
    };
    head.push(
        message,
        |name| push_name(name, record),
        |message| {
            let mut attributes = Attributes(message);
            if let Some(head) = record.head {
                attributes.of_request(record, head, redaction);
                attributes.of_connection(record, head);
            }
            attributes.of_answer(record);
            let ending = Ending {
                ended,
                failed: record.outcome.is_failure(),
                panic: record.panic,
                error: record.error,
            };
            ending.push(message, recording);
        },
    );
}

/// `{method} {route}`, never the path.
fn push_name(name: &mut Vec<u8>, record: &RequestRecord<'_>) {
    if let Some(call) = record.rpc() {
        name.extend_from_slice(call.method.as_bytes());
        return;
    }
    name.extend_from_slice(record.span_method().as_bytes());
    if let Some(route) = record.template() {
        name.push(b' ');
        name.extend_from_slice(route.as_bytes());
    }
}

/// The attributes of a span's message.
struct Attributes<'a>(&'a mut Vec<u8>);

impl Attributes<'_> {
    #[inline]
    fn text(&mut self, key: &str, value: &str) {
        push_text_attribute(self.0, span::ATTRIBUTES, key, value);
    }

    #[inline]
    fn integer(&mut self, key: &str, value: i64) {
        push_integer_attribute(self.0, span::ATTRIBUTES, key, value);
    }

    fn of_request(&mut self, record: &RequestRecord<'_>, head: &KeptHead, redaction: &Redaction) {
        self.text("http.request.method", record.method());
        if record.method() != head.method() {
            self.text("http.request.method_original", head.method());
        }
        if let Some(route) = record.template() {
            self.text("http.route", route);
        }
        self.text("url.scheme", record.scheme.as_str());
        self.text("url.path", head.path());
        if let Some(query) = head.query() {
            push_written_attribute(self.0, span::ATTRIBUTES, "url.query", |text| {
                for part in redaction.parts(query) {
                    text.extend_from_slice(part.as_bytes());
                }
            });
        }
        let user_agent = head.user_agent();
        if !user_agent.is_empty() {
            self.text("user_agent.original", user_agent);
        }
    }

    fn of_connection(&mut self, record: &RequestRecord<'_>, head: &KeptHead) {
        self.text("network.protocol.version", record.version.as_str());
        let host = head.host();
        if !host.is_empty() {
            let (address, port) = address_and_port(host);
            self.text("server.address", address);
            if let Some(port) = port {
                self.integer("server.port", port.into());
            }
        }
        if let Some(peer) = head.peer() {
            for key in ["client.address", "network.peer.address"] {
                push_written_attribute(self.0, span::ATTRIBUTES, key, |address| {
                    // Writing to memory does not fail.
                    let _ = write!(address, "{}", peer.ip().to_canonical());
                });
            }
            self.integer("network.peer.port", peer.port().into());
        }
    }

    fn of_answer(&mut self, record: &RequestRecord<'_>) {
        if let Some(status) = record.status {
            self.integer("http.response.status_code", status.into());
            push_list_attribute(
                self.0,
                span::ATTRIBUTES,
                "http.response.header.x-request-id",
                record.request_id.as_str(),
            );
        }
        if let Some(call) = record.rpc() {
            push_rpc(self.0, call);
        }
        match record.outcome {
            Outcome::Success | Outcome::ClientError | Outcome::ServerError => {}
            other => self.text("steeple.outcome", other.as_str()),
        }
        push_error_type(self.0, record.error_type);
    }
}

/// Tells a host from its port.
fn address_and_port(host: &str) -> (&str, Option<u16>) {
    let bracketed = host.strip_prefix('[').and_then(|rest| rest.split_once(']'));
    // Byte by byte: a host is too short for a search by words to pay.
    let mut colons = host.bytes().enumerate().filter(|(_, byte)| *byte == b':');
    let (address, port) = match (bracketed, colons.next(), colons.next()) {
        (Some((address, behind)), ..) => (address, behind.strip_prefix(':')),
        // An address of version 6 without the brackets that a port needs.
        (None, _, Some(_)) | (None, None, _) => (host, None),
        (None, Some((colon, _)), None) => (&host[..colon], Some(&host[colon + 1..])),
    };
    (address, port.and_then(|port| port.parse().ok()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_told_from_its_port() {
        for (host, address, port) in [
            ("shop.example", "shop.example", None),
            ("shop.example:8080", "shop.example", Some(8080)),
            ("[::1]:80", "::1", Some(80)),
            ("[::1]", "::1", None),
            ("[::1]:", "::1", None),
            ("::1", "::1", None),
            ("fd00::8080", "fd00::8080", None),
            ("shop:what", "shop", None),
        ] {
            assert_eq!(address_and_port(host), (address, port));
        }
    }
}
