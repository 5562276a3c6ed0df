//! Heads of actix-web as the core reads them.

use actix_web::{
    HttpResponse,
    body::{BodySize, MessageBody},
    dev::{Payload, ServiceRequest},
    http::{
        Version,
        header::{HeaderMap, HeaderName, HeaderValue},
    },
};
use steeple_core::{Headers, HttpVersion, Observation, RequestHead, ResponseHead, Scheme};

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The fields of a message.
pub(crate) struct Fields<'a>(pub(crate) &'a HeaderMap);

impl Headers for Fields<'_> {
    #[inline]
    fn visit(&self, f: &mut dyn FnMut(&str, &[u8])) {
        for (name, value) in self.0 {
            f(name.as_str(), value.as_bytes());
        }
    }
}

#[inline]
pub(crate) fn request<'a>(request: &'a ServiceRequest, headers: &'a Fields<'a>) -> RequestHead<'a> {
    RequestHead {
        method: request.method().as_str(),
        scheme: request.app_config().secure().then_some(Scheme::Https),
        version: version(request.version()),
        route: None,
        headers,
        body_size: matches!(request.parts().1, Payload::None).then_some(0),
    }
}

/// The id to answer with, unless the request is observed already.
#[inline]
pub(crate) fn request_id(observation: &Observation) -> Option<HeaderValue> {
    HeaderValue::from_maybe_shared(observation.request_id()?.to_bytes()).ok()
}

/// Gives `response` the request's id.
pub(crate) fn set_request_id<B>(response: &mut HttpResponse<B>, request_id: Option<&HeaderValue>) {
    if let Some(request_id) = request_id {
        response
            .headers_mut()
            .insert(X_REQUEST_ID, request_id.clone());
    }
}

/// Gives `response` the request's id, or takes over the one that it has.
#[inline]
pub(crate) fn identify<B>(observation: &mut Observation, response: &mut HttpResponse<B>) {
    if let Some(request_id) = request_id(observation)
        && let Some(own) = response
            .headers_mut()
            .insert(X_REQUEST_ID, request_id)
            .next()
        && observation.adopt_request_id(own.as_bytes())
    {
        response.headers_mut().insert(X_REQUEST_ID, own);
    }
}

/// Tells `observation` of `response`.
#[inline]
pub(crate) fn respond<B: MessageBody>(observation: &mut Observation, response: &HttpResponse<B>) {
    observation.respond(&ResponseHead {
        status: response.status().as_u16(),
        headers: &Fields(response.headers()),
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

fn version(version: Version) -> HttpVersion {
    match version {
        Version::HTTP_09 => HttpVersion::Http09,
        Version::HTTP_10 => HttpVersion::Http10,
        Version::HTTP_2 => HttpVersion::Http2,
        Version::HTTP_3 => HttpVersion::Http3,
        _ => HttpVersion::Http11,
    }
}
