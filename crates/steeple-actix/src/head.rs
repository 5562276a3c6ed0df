//! Heads of actix-web as the core reads them.

use std::cell::Cell;

use actix_web::{
    HttpResponse,
    body::{BodySize, MessageBody},
    http::{
        Version,
        header::{HeaderMap, HeaderName, HeaderValue},
    },
};
use steeple_core::{Headers, HttpVersion, Observation, ResponseHead};

pub(crate) const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The fields of a message.
pub(crate) struct Fields<'a> {
    map: &'a HeaderMap,
    /// The last `x-request-id` that was visited.
    request_id: Cell<Option<&'a HeaderValue>>,
}

impl<'a> Fields<'a> {
    pub(crate) fn new(map: &'a HeaderMap) -> Self {
        let request_id = Cell::new(None);
        Self { map, request_id }
    }
}

impl Headers for Fields<'_> {
    #[inline(always)]
    fn visit(&self, f: &mut dyn FnMut(&str, &[u8])) {
        for (name, value) in self.map {
            let name = name.as_str();
            if name.len() == 12 && name == "x-request-id" {
                self.request_id.set(Some(value));
            }
            f(name, value.as_bytes());
        }
    }
}

/// The id to answer with, unless the request is observed already: the very value that came in, if it was accepted.
pub(crate) fn request_id(observation: &Observation, inbound: &Fields<'_>) -> Option<HeaderValue> {
    let id = observation.request_id()?;
    match inbound.request_id.get() {
        Some(inbound) if observation.is_identified() => Some(inbound.clone()),
        _ => HeaderValue::from_maybe_shared(id.to_bytes()).ok(),
    }
}

/// Gives a response the request's id, or takes over the one that it has.
pub(crate) fn identify(observation: &mut Observation, headers: &mut HeaderMap, id: HeaderValue) {
    if let Some(own) = headers.insert(X_REQUEST_ID, id).next()
        && observation.adopt_request_id(own.as_bytes())
    {
        headers.insert(X_REQUEST_ID, own);
    }
}

/// Tells `observation` of `response`.
pub(crate) fn respond<B: MessageBody>(observation: &mut Observation, response: &HttpResponse<B>) {
    observation.respond(&ResponseHead {
        status: response.status().as_u16(),
        headers: &Fields::new(response.headers()),
        body_size: size(response.body()),
    });
}

/// The size of `body` in bytes, where it is known.
pub(crate) fn size(body: &impl MessageBody) -> Option<u64> {
    match body.size() {
        BodySize::None => Some(0),
        BodySize::Sized(size) => Some(size),
        BodySize::Stream => None,
    }
}

pub(crate) fn version(version: Version) -> HttpVersion {
    match version {
        Version::HTTP_09 => HttpVersion::Http09,
        Version::HTTP_10 => HttpVersion::Http10,
        Version::HTTP_2 => HttpVersion::Http2,
        Version::HTTP_3 => HttpVersion::Http3,
        _ => HttpVersion::Http11,
    }
}
