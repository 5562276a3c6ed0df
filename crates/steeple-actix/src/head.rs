//! Heads of actix-web as the core reads them.

use actix_web::{
    HttpResponse,
    body::{BodySize, MessageBody},
    dev::{Payload, ServiceRequest},
    http::{
        Version,
        header::{HeaderName, HeaderValue},
    },
};
use steeple_core::{
    FieldNames, Fields, HttpVersion, LookedUp, Observation, Observer, RequestDetails, RequestHead,
    ResponseHead, Scheme,
};

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// The same, where it is looked up.
static REQUEST_ID: HeaderName = X_REQUEST_ID;

/// Starts the observation of a request, and tells the id that it was sent with last.
#[inline]
pub(crate) fn start<'r>(
    observer: &Observer,
    names: &FieldNames<HeaderName>,
    request: &'r ServiceRequest,
) -> (Observation, Option<&'r HeaderValue>) {
    let body_size = matches!(request.parts().1, Payload::None).then_some(0);
    let version = match request.version() {
        Version::HTTP_2 => HttpVersion::Http2,
        Version::HTTP_10 => HttpVersion::Http10,
        // actix-web speaks no other versions.
        _ => HttpVersion::Http11,
    };
    let map = request.headers();
    let ids = map.get_all(&REQUEST_ID).as_slice();
    // Hash maps are slow to go through: eight fields cost as much as six look-ups.
    let read = |f: &mut dyn FnMut(&str, &[u8])| {
        ids.iter()
            .for_each(|id| f(REQUEST_ID.as_str(), id.as_bytes()));
        for name in names.of(version, body_size) {
            map.get_all(name)
                .for_each(|value| f(name.as_str(), value.as_bytes()));
        }
    };
    let mut observation = observer.start(&RequestHead {
        method: request.method().as_str(),
        scheme: request.app_config().secure().then_some(Scheme::Https),
        version,
        route: None,
        headers: &LookedUp(Fields(map), read),
        body_size,
        details: &|| RequestDetails {
            path: request.uri().path(),
            query: request.uri().query(),
            authority: request.uri().authority().map(AsRef::as_ref),
            peer: request.peer_addr(),
        },
    });
    let path = request.path();
    observation.keep_path(path);
    observation.called(path);
    (observation, ids.last())
}

/// Tells `observation` of a response, and gives the response the request's id or takes over the one that it has, and what else
/// tells the client of its request.
#[inline(always)]
pub(crate) fn respond<B: MessageBody>(
    observation: &mut Observation,
    response: &mut HttpResponse<B>,
    request_id: &mut Option<HeaderValue>,
) {
    let headers = response.headers_mut();
    if let Some(id) = request_id.take() {
        let names = headers.len_keys();
        // A third of the cost of `insert`, which moves what it replaces.
        headers.append(X_REQUEST_ID, id);
        if headers.len_keys() == names {
            // Of the response's own the first that the request can take over stays, or else the last of all, which is the request's.
            let adopts = |id: &&HeaderValue| observation.adopt_request_id(id.as_bytes());
            if let Some(id) = headers.get_all(&REQUEST_ID).find(adopts).cloned() {
                headers.insert(X_REQUEST_ID, id);
            }
        }
    }
    observation.tell_trace(|name, value| {
        let value = HeaderValue::from_str(value);
        let _ = value.map(|value| headers.append(HeaderName::from_static(name), value));
    });
    observation.respond(&ResponseHead {
        status: response.status().as_u16(),
        headers: &Fields(response.headers()),
        body_size: match response.body().size() {
            BodySize::Sized(size) => Some(size),
            size => size.is_eof().then_some(0),
        },
    });
}
