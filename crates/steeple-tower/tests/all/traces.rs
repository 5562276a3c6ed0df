//! What answers tell of traces.

use std::convert::Infallible;

use http::{HeaderMap, Request, Response};
use steeple_core::{ResponseTrace, TraceConfig};
use tower::service_fn;

use crate::stage::{NoBody, Stage, request};

const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

/// The answer to a request of which the trace is told with `field`.
fn answer(field: ResponseTrace, handler: fn() -> Response<NoBody>) -> HeaderMap {
    let config = TraceConfig::new().response_header(field);
    let stage = Stage::with(|observer| observer.traces(config));
    let mut request: Request<NoBody> = request();
    let headers = request.headers_mut();
    headers.insert("traceparent", PARENT.parse().unwrap());
    let service = service_fn(move |_| async move { Ok::<_, Infallible>(handler()) });
    stage.send(service, request).headers
}

#[test]
fn an_answer_tells_the_trace_besides_what_the_application_says() {
    let headers = answer(ResponseTrace::ServerTiming, || {
        let response = Response::builder().header("server-timing", "db;dur=5");
        response.body(NoBody::new()).unwrap()
    });
    let timings = Vec::from_iter(headers.get_all("server-timing"));
    assert_eq!(
        (timings.len(), timings[0].as_bytes()),
        (2, &b"db;dur=5"[..])
    );
    let trace = timings[1].to_str().unwrap();
    assert!(
        trace.starts_with(&format!("traceparent;desc=\"{}", &PARENT[..36])),
        "{trace}"
    );
}

#[test]
fn the_answer_to_a_panic_tells_the_trace() {
    let headers = answer(ResponseTrace::Traceresponse, || panic!("lost"));
    let trace = headers["traceresponse"].to_str().unwrap();
    assert!(
        trace.starts_with(&PARENT[..36]) && trace.ends_with("-01"),
        "{trace}"
    );
    assert!(!headers.contains_key("server-timing"));
}
