//! Heads of actix-web as the core reads them.

use std::cell::Cell;

use actix_web::{
    body::{BodySize, MessageBody},
    dev::{Payload, ResponseHead, ServiceRequest},
    http::{
        Version,
        header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue},
    },
};
use steeple_core::{Headers, HttpVersion, Observation, RequestHead, Scheme};

pub(crate) const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// What every observation reads of a request: always, with a body, and since HTTP/2.
static READ: [HeaderName; 5] = [
    X_REQUEST_ID,
    HeaderName::from_static("traceparent"),
    CONTENT_LENGTH,
    CONTENT_TYPE,
    HeaderName::from_static("grpc-timeout"),
];

/// The fields of a request.
pub(crate) struct RequestFields<'a> {
    request: &'a ServiceRequest,
    /// The last `x-request-id` that was read.
    request_id: Cell<Option<&'a HeaderValue>>,
}

impl<'a> RequestFields<'a> {
    #[inline]
    pub(crate) fn new(request: &'a ServiceRequest) -> Self {
        let request_id = Cell::new(None);
        Self {
            request,
            request_id,
        }
    }
}

impl Headers for RequestFields<'_> {
    fn visit(&self, f: &mut dyn FnMut(&str, &[u8])) {
        Fields(self.request.headers()).visit(f);
    }

    // Hash maps are slow to go through: eight fields cost as much as six look-ups.
    #[inline(always)]
    fn visit_read(&self, f: &mut dyn FnMut(&str, &[u8])) {
        let count = match self.request.version() {
            Version::HTTP_2 | Version::HTTP_3 => 5,
            _ if body_size(self.request).is_none() => 3,
            _ => 2,
        };
        for (index, name) in READ[..count].iter().enumerate() {
            for value in self.request.headers().get_all(name) {
                if index == 0 {
                    self.request_id.set(Some(value));
                }
                f(name.as_str(), value.as_bytes());
            }
        }
    }
}

/// The fields of a response.
struct Fields<'a>(&'a HeaderMap);

impl Headers for Fields<'_> {
    fn visit(&self, f: &mut dyn FnMut(&str, &[u8])) {
        for (name, value) in self.0 {
            f(name.as_str(), value.as_bytes());
        }
    }
}

#[inline]
pub(crate) fn request<'a>(
    request: &'a ServiceRequest,
    headers: &'a RequestFields<'a>,
) -> RequestHead<'a> {
    RequestHead {
        method: request.method().as_str(),
        scheme: request.app_config().secure().then_some(Scheme::Https),
        version: version(request.version()),
        route: None,
        headers,
        body_size: body_size(request),
    }
}

/// The id to answer with, unless the request is observed already: the very value that came in, if it was accepted.
#[inline]
pub(crate) fn request_id(
    observation: &Observation,
    inbound: &RequestFields<'_>,
) -> Option<HeaderValue> {
    let id = observation.request_id()?;
    match inbound.request_id.get() {
        Some(inbound) if observation.is_identified() => Some(inbound.clone()),
        _ => HeaderValue::from_maybe_shared(id.to_bytes()).ok(),
    }
}

/// Gives a response the request's id, or takes over the one that it has.
#[inline]
pub(crate) fn identify(observation: &mut Observation, headers: &mut HeaderMap, id: HeaderValue) {
    if let Some(own) = headers.insert(X_REQUEST_ID, id).next()
        && observation.adopt_request_id(own.as_bytes())
    {
        headers.insert(X_REQUEST_ID, own);
    }
}

/// Tells `observation` of a response.
#[inline]
pub(crate) fn respond(observation: &mut Observation, head: &ResponseHead, body: &impl MessageBody) {
    observation.respond(&steeple_core::ResponseHead {
        status: head.status.as_u16(),
        headers: &Fields(head.headers()),
        body_size: size(body),
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

#[inline]
fn body_size(request: &ServiceRequest) -> Option<u64> {
    matches!(request.parts().1, Payload::None).then_some(0)
}

#[inline]
fn version(version: Version) -> HttpVersion {
    match version {
        Version::HTTP_09 => HttpVersion::Http09,
        Version::HTTP_10 => HttpVersion::Http10,
        Version::HTTP_2 => HttpVersion::Http2,
        Version::HTTP_3 => HttpVersion::Http3,
        _ => HttpVersion::Http11,
    }
}
