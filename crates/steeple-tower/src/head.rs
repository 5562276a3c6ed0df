//! Heads of the `http` crate as the core reads them.

use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, Version, header::Entry, uri};
use http_body::Body;
use steeple_core::{Headers, HttpVersion, Observation, RequestHead, ResponseHead, Scheme};

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The fields of an `http` message.
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
pub(crate) fn request<'a, B: Body>(
    request: &'a Request<B>,
    headers: &'a Fields<'a>,
    route: Option<&'a str>,
) -> RequestHead<'a> {
    RequestHead {
        method: request.method().as_str(),
        scheme: request.uri().scheme().map(scheme),
        version: version(request.version()),
        route,
        headers,
        body_size: known_size(request.body()),
    }
}

/// Tells `observation` of `response` and gives the response the request's id, unless it has one.
#[inline]
pub(crate) fn respond<B: Body>(observation: &mut Observation, response: &mut Response<B>) {
    if let Some(id) = observation.request_id()
        && let Ok(value) = HeaderValue::from_maybe_shared(id.to_bytes())
        && let Ok(Entry::Vacant(vacant)) = response.headers_mut().try_entry(X_REQUEST_ID)
    {
        // A map that is full answers without the id.
        let _ = vacant.try_insert(value);
    }
    observation.respond(&ResponseHead {
        status: response.status().as_u16(),
        headers: &Fields(response.headers()),
        body_size: known_size(response.body()),
    });
}

fn known_size(body: &impl Body) -> Option<u64> {
    if body.is_end_stream() {
        Some(0)
    } else {
        body.size_hint().exact()
    }
}

fn scheme(scheme: &uri::Scheme) -> Scheme {
    if *scheme == uri::Scheme::HTTPS {
        Scheme::Https
    } else {
        Scheme::Http
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
