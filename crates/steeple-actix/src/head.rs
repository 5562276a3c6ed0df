//! Heads of actix-web as the core reads them.

use std::net::SocketAddr;

use actix_web::{
    body::BodySize,
    dev::{Payload, ResponseHead, ServiceRequest},
    http::{
        Version,
        header::{HeaderMap, HeaderName, HeaderValue},
        uri::Authority,
    },
};
use steeple_core::{
    Fields, Headers, HttpVersion, Observation, Observer, RequestDetails, RequestHead, Scheme,
    Upgrade,
};

pub(crate) const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// The same, where it is looked up.
static REQUEST_ID: HeaderName = X_REQUEST_ID;

/// The names of the fields that are read of requests besides their id.
#[derive(Debug)]
pub(crate) struct FieldNames {
    without_body: Vec<HeaderName>,
    with_body: Vec<HeaderName>,
    since_http2: Vec<HeaderName>,
}

impl FieldNames {
    pub(crate) fn new(observer: &Observer) -> Self {
        let names = |version, body_size| {
            let names = observer.header_names(version, body_size);
            let others = names.filter(|name| *name != REQUEST_ID.as_str());
            others
                .filter_map(|name| HeaderName::from_bytes(name.as_bytes()).ok())
                .collect()
        };
        Self {
            without_body: names(HttpVersion::Http11, Some(0)),
            with_body: names(HttpVersion::Http11, None),
            since_http2: names(HttpVersion::Http2, None),
        }
    }
}

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
    names: &FieldNames,
    request: &ServiceRequest,
) -> (Observation, Option<HeaderValue>) {
    let map = request.headers();
    let ids = map.get_all(&REQUEST_ID).as_slice();
    let body_size = matches!(request.parts().1, Payload::None).then_some(0);
    // actix-web speaks no other versions.
    let (version, names) = match request.version() {
        Version::HTTP_2 => (HttpVersion::Http2, &names.since_http2),
        Version::HTTP_10 => (HttpVersion::Http10, &names.with_body),
        _ if body_size.is_some() => (HttpVersion::Http11, &names.without_body),
        _ => (HttpVersion::Http11, &names.with_body),
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

/// What tells the client of its trace, if anything does.
#[inline]
pub(crate) fn trace_field(observation: &Observation) -> Option<(HeaderName, HeaderValue)> {
    let mut field = None;
    observation.tell_trace(|name, value| {
        let value = HeaderValue::from_str(value).ok();
        field = value.map(|value| (HeaderName::from_static(name), value));
    });
    field
}

/// Tells `observation` of a response, and gives the response the request's id or takes over the one that it has, and what else
/// tells the client of its request. The result is what the connection goes on as, if it does.
#[inline(always)]
pub(crate) fn respond(
    observation: &mut Observation,
    head: &mut ResponseHead,
    body_size: BodySize,
    request_id: Option<HeaderValue>,
) -> Option<Upgrade> {
    if let Some(id) = request_id {
        let headers = head.headers_mut();
        match headers.get(&REQUEST_ID) {
            // Half the cost of `insert`, which moves what it replaces.
            None => headers.append(X_REQUEST_ID, id),
            Some(own) if observation.adopt_request_id(own.as_bytes()) => {}
            Some(_) => drop(headers.insert(X_REQUEST_ID, id)),
        }
    }
    if let Some((name, value)) = trace_field(observation) {
        head.headers_mut().append(name, value);
    }
    let upgrade = observation.upgrade(head.status.as_u16());
    observation.respond(&steeple_core::ResponseHead {
        status: head.status.as_u16(),
        headers: &Fields(head.headers()),
        body_size: match body_size {
            BodySize::None => Some(0),
            BodySize::Sized(size) => Some(size),
            BodySize::Stream => None,
        },
    });
    upgrade
}
