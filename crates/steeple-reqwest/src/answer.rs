//! Answers whose bodies are observed.

use reqwest::{Body, Response, ResponseBuilderExt};
use steeple_core::{Fields, OutgoingCall};
use steeple_tower::{ClientBody, version};

/// Tells `call` of an answer, and leaves it with the body.
pub(crate) fn observe(response: Response, mut call: OutgoingCall) -> Response {
    call.respond(
        response.status().as_u16(),
        version(response.version()),
        &Fields(response.headers()),
    );
    let url = response.url().clone();
    let (parts, body) = http::Response::from(response).into_parts();
    let mut observed = http::Response::builder()
        .url(url)
        .body(Body::wrap(ClientBody::new(body, Some(call))))
        .unwrap_or_default();
    *observed.status_mut() = parts.status;
    *observed.version_mut() = parts.version;
    *observed.headers_mut() = parts.headers;
    observed.extensions_mut().extend(parts.extensions);
    observed.into()
}
