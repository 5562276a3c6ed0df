//! A service without a framework.

use steeple::{
    Observer,
    core::{HttpVersion, Observation, RequestHead, ResponseHead},
};

/// Lets `observer` begin to observe a request.
pub(crate) fn begin(observer: &Observer, method: &str, route: Option<&str>) -> Observation {
    observer.start(&RequestHead {
        method,
        scheme: None,
        version: HttpVersion::Http11,
        route: route.map(Into::into),
        headers: &(),
        body_size: Some(0),
        details: &Default::default,
    })
}

/// Lets `observer` observe one request that `handler` answers with 200.
pub(crate) fn serve(observer: &Observer, handler: impl FnOnce()) {
    let mut observation = begin(observer, "GET", Some("/orders/{id}"));
    let answered = observation.run(handler);
    observation.respond(&ResponseHead {
        status: if answered.is_ok() { 200 } else { 500 },
        headers: &(),
        body_size: Some(5),
    });
    observation.chunk(5);
    observation.finish();
}
