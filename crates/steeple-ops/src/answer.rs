use std::borrow::Cow;

use bytes::Bytes;
use steeple_core::ops::{OpsBody, OpsResponse};

/// Sent with every answer: nothing here may run a script, be framed, be cached or be sniffed, and no
/// other origin may embed it.
pub(crate) const SECURITY_HEADERS: [(&str, &str); 6] = [
    (
        "content-security-policy",
        "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ),
    ("cross-origin-resource-policy", "same-origin"),
    ("cache-control", "no-store"),
    ("referrer-policy", "no-referrer"),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
];

/// An answer of one line of plain text.
pub(crate) fn text(status: u16, line: impl Into<Cow<'static, str>>) -> OpsResponse {
    let mut text = line.into().into_owned();
    text.push('\n');
    with_content_type(status, "text/plain; charset=utf-8")
        .with_body(OpsBody::Full(Bytes::from(text)))
}

pub(crate) fn with_content_type(status: u16, content_type: &'static str) -> OpsResponse {
    secured(OpsResponse::new(status)).with_header("content-type", content_type)
}

/// With those of the headers that it lacks.
pub(crate) fn secured(response: OpsResponse) -> OpsResponse {
    SECURITY_HEADERS
        .into_iter()
        .fold(response, |response, (name, value)| {
            if response.headers().any(|(known, _)| known == name) {
                response
            } else {
                response.with_header(name, value)
            }
        })
}
