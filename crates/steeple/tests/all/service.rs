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

/// Lets `observer` observe a gRPC call.
pub(crate) fn call(observer: &Observer) {
    let mut observation = observer.start(&RequestHead {
        method: "POST",
        scheme: None,
        version: HttpVersion::Http2,
        route: None,
        headers: &[("content-type", "application/grpc")],
        body_size: None,
        details: &Default::default,
    });
    observation.called("/shop.Orders/Place");
    observation.respond(&ResponseHead {
        status: 200,
        headers: &[("grpc-status", "0")],
        body_size: Some(0),
    });
}

/// Lets `observer` observe a connection that a request upgrades, to its end.
pub(crate) fn upgrade(observer: &Observer) {
    observer.connection().run(|| {
        begin(observer, "GET", Some("/chat")).respond(&ResponseHead {
            status: 101,
            headers: &(),
            body_size: None,
        });
    });
}
