//! Heads of actix-web as the core reads them.

use std::net::SocketAddr;

use actix_web::{
    body::{BodySize, MessageBody},
    dev::{Payload, ResponseHead, ServiceRequest},
    http::{
        Version,
        header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue},
        uri::Authority,
    },
};
use steeple_core::{
    Fields, Headers, HttpVersion, Observation, Observer, RequestDetails, RequestHead, Scheme,
    Upgrade,
};

pub(crate) const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// What every observation reads of a request: always, with a body or before HTTP/1.1, and since HTTP/2.
static READ: [HeaderName; 5] = [
    X_REQUEST_ID,
    HeaderName::from_static("traceparent"),
    CONTENT_LENGTH,
    CONTENT_TYPE,
    HeaderName::from_static("grpc-timeout"),
];

/// The fields of a request.
struct RequestFields<'a> {
    map: &'a HeaderMap,
    /// What the observation reads: ids, and the fields of these names.
    ids: &'a [HeaderValue],
    names: &'a [HeaderName],
}

impl Headers for RequestFields<'_> {
    fn visit(&self, f: &mut dyn FnMut(&str, &[u8])) {
        Fields(self.map).visit(f);
    }

    // Hash maps are slow to go through: eight fields cost as much as six look-ups.
    #[inline(always)]
    fn visit_read(&self, f: &mut dyn FnMut(&str, &[u8])) {
        for id in self.ids {
            f("x-request-id", id.as_bytes());
        }
        for name in self.names {
            for value in self.map.get_all(name) {
                f(name.as_str(), value.as_bytes());
            }
        }
    }
}

struct Details<'a>(&'a ServiceRequest);

impl RequestDetails for Details<'_> {
    fn path(&self) -> &str {
        self.0.uri().path()
    }

    fn query(&self) -> Option<&str> {
        self.0.uri().query()
    }

    fn authority(&self) -> Option<&str> {
        self.0.uri().authority().map(Authority::as_str)
    }

    fn peer(&self) -> Option<SocketAddr> {
        self.0.peer_addr()
    }
}

/// Starts the observation of a request, and tells the id to answer with, unless the request is observed already.
#[inline]
pub(crate) fn start(
    observer: &Observer,
    request: &ServiceRequest,
) -> (Observation, Option<HeaderValue>) {
    let map = request.headers();
    let ids = map.get_all(&READ[0]).as_slice();
    let body_size = matches!(request.parts().1, Payload::None).then_some(0);
    // actix-web speaks no other versions.
    let (version, names) = match request.version() {
        Version::HTTP_2 => (HttpVersion::Http2, &READ[1..]),
        Version::HTTP_10 => (HttpVersion::Http10, &READ[1..3]),
        _ if body_size.is_some() => (HttpVersion::Http11, &READ[1..2]),
        _ => (HttpVersion::Http11, &READ[1..3]),
    };
    let observation = observer.start(&RequestHead {
        method: request.method().as_str(),
        scheme: request.app_config().secure().then_some(Scheme::Https),
        version,
        route: None,
        headers: &RequestFields { map, ids, names },
        body_size,
        details: &Details(request),
    });
    let id = observation.answer_id(ids.last(), |id| HeaderValue::from_maybe_shared(id).ok());
    (observation, id)
}

/// Tells `observation` of a response, and gives the response the request's id or takes over the one that it has. The result
/// is what the connection goes on as, if it does.
#[inline(always)]
pub(crate) fn respond(
    observation: &mut Observation,
    head: &mut ResponseHead,
    body: &impl MessageBody,
    request_id: Option<HeaderValue>,
) -> Option<Upgrade> {
    if let Some(id) = request_id {
        let headers = head.headers_mut();
        match headers.get(&READ[0]) {
            // Half the cost of `insert`, which moves what it replaces.
            None => headers.append(X_REQUEST_ID, id),
            Some(own) if observation.adopt_request_id(own.as_bytes()) => {}
            Some(_) => drop(headers.insert(X_REQUEST_ID, id)),
        }
    }
    let upgrade = observation.upgrade(head.status.as_u16());
    observation.respond(&steeple_core::ResponseHead {
        status: head.status.as_u16(),
        headers: &Fields(head.headers()),
        body_size: match body.size() {
            BodySize::None => Some(0),
            BodySize::Sized(size) => Some(size),
            BodySize::Stream => None,
        },
    });
    upgrade
}
