//! A service without a framework.

use steeple::{
    Observer,
    core::{HttpVersion, RequestHead, ResponseHead},
};

/// Lets `observer` observe one request that `handler` answers with 200.
pub(crate) fn serve(observer: &Observer, handler: impl FnOnce()) {
    let mut observation = observer.start(&RequestHead {
        method: "GET",
        scheme: None,
        version: HttpVersion::Http11,
        route: Some("/orders/{id}"),
        headers: &(),
        body_size: Some(0),
    });
    let answered = observation.run(handler);
    observation.respond(&ResponseHead {
        status: if answered.is_ok() { 200 } else { 500 },
        headers: &(),
        body_size: Some(5),
    });
    observation.chunk(5);
    observation.finish();
}
