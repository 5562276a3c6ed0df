//! Clients that are observed: without sockets, poll by poll.

use std::{
    convert::Infallible,
    future::{self, Ready, ready},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU16, Ordering::Relaxed},
    },
    task::{Context, Waker},
};

use bytes::Bytes;
use futures_executor::block_on;
use http::{HeaderMap, Request, Response, Uri};
use http_body::Frame;
use http_body_util::{BodyExt, Empty, StreamBody};
use steeple_core::{
    Attempts, CallRecord, HttpVersion, Observer, Propagators, RequestHead, RequestRecord, Sink,
    TraceConfig, TraceContext,
};
use steeple_tower::ClientLayer;
use tower::{Layer, Service, ServiceExt, retry, service_fn};

use crate::stage::{NoBody, body, data};

/// What is looked at of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Call {
    trace: Option<TraceContext>,
    status: Option<u16>,
    error_type: Option<String>,
    resend_count: u32,
    server: (String, Option<u16>),
    url: Option<(String, Option<String>)>,
}

#[derive(Clone, Default)]
struct Calls(Arc<Mutex<Vec<Call>>>);

impl Calls {
    fn all(&self) -> Vec<Call> {
        self.0.lock().unwrap().clone()
    }

    fn only(&self) -> Call {
        let all = self.all();
        let [call] = &all[..] else {
            panic!("one call: {all:?}")
        };
        call.clone()
    }
}

impl Sink for Calls {
    fn request(&self, _: &RequestRecord<'_>) {}

    fn call(&self, record: &CallRecord<'_>) {
        let (host, port) = record.server();
        self.0.lock().unwrap().push(Call {
            trace: record.trace,
            status: record.status,
            error_type: record.error_type.map(|error| error.to_string()),
            resend_count: record.resend_count,
            server: (host.to_owned(), port),
            url: record
                .target
                .map(|target| (target.path.clone(), target.query.clone())),
        });
    }
}

fn observer(config: TraceConfig) -> (Observer, Calls) {
    let calls = Calls::default();
    let builder = Observer::builder().traces(config).sink(calls.clone());
    (builder.build().unwrap(), calls)
}

fn get(uri: &str) -> Request<NoBody> {
    Request::get(uri).body(Empty::new()).unwrap()
}

#[test]
fn the_callee_is_told_the_span_of_the_call() {
    let (observer, calls) = observer(TraceConfig::new());
    let told = Arc::new(Mutex::new(HeaderMap::new()));
    let callee = Arc::clone(&told);
    let mut client =
        ClientLayer::new(&observer).layer(service_fn(move |request: Request<NoBody>| {
            *callee.lock().unwrap() = request.headers().clone();
            ready(Ok::<_, Infallible>(Response::new(NoBody::new())))
        }));
    let job = observer.observe("job", "calls").run(|| {
        let mut request = get("https://Shop.Example/users?full=1");
        // What the application set itself is of another span.
        let headers = request.headers_mut();
        headers.insert("traceparent", "00-what".parse().unwrap());
        block_on(client.call(request)).unwrap();
        steeple_core::current::trace().unwrap()
    });
    let call = calls.only();
    let trace = call.trace.unwrap();
    assert_eq!(trace.parent_span_id(), Some(job.span_id()));
    let expected = format!("00-{}-{}-03", trace.trace_id(), trace.span_id());
    let told = told.lock().unwrap();
    let told = Vec::from_iter(told.get_all("traceparent"));
    assert_eq!(told, [&*expected]);
    assert_eq!(call.server, ("shop.example".to_owned(), Some(443)));
    assert_eq!(
        call.url,
        Some(("/users".to_owned(), Some("full=1".to_owned())))
    );
}

#[test]
fn a_call_ends_with_the_body_of_its_answer() {
    let (observer, calls) = observer(TraceConfig::new());
    let answer = || body([|| data("a"), || data("b")]);
    let mut client = ClientLayer::new(&observer).layer(service_fn(move |_: Request<NoBody>| {
        ready(Ok::<_, Infallible>(Response::new(answer())))
    }));
    let response = block_on(client.call(get("http://a/"))).unwrap();
    let mut body = response.into_body();
    block_on(body.frame()).unwrap().unwrap();
    assert_eq!(calls.all(), []);
    block_on(body.collect()).unwrap();
    assert_eq!(calls.only().status, Some(200));
    // Half a body is enough for some.
    let response = block_on(client.call(get("http://a/"))).unwrap();
    drop(response);
    assert_eq!(calls.all()[1].error_type, None);
}

#[test]
fn errors_and_those_who_do_not_wait_are_told() {
    #[derive(Debug, thiserror::Error)]
    #[error("refused")]
    struct Refused;

    let (observer, calls) = observer(TraceConfig::new());
    let layer = ClientLayer::new(&observer);
    let mut refusing = layer.layer(service_fn(|_: Request<NoBody>| {
        ready(Err::<Response<NoBody>, _>(Refused))
    }));
    block_on(refusing.call(get("http://a/"))).unwrap_err();
    let mut silent = layer.layer(service_fn(|_: Request<NoBody>| {
        future::pending::<Result<Response<NoBody>, Infallible>>()
    }));
    let mut waiting = Box::pin(silent.call(get("http://a/")));
    let mut context = Context::from_waker(Waker::noop());
    assert!(waiting.as_mut().poll(&mut context).is_pending());
    drop(waiting);
    let mut breaking = layer.layer(service_fn(|_: Request<NoBody>| {
        let frames = [Ok(data("a")), Err::<Frame<Bytes>, _>(Refused)];
        let body = StreamBody::new(futures_util::stream::iter(frames));
        ready(Ok::<_, Infallible>(Response::new(body)))
    }));
    let response = block_on(breaking.call(get("http://a/"))).unwrap();
    assert!(block_on(response.into_body().collect()).is_err());
    let errors = calls.all().into_iter().map(|call| call.error_type.unwrap());
    let errors = Vec::from_iter(errors);
    assert!(errors[0].ends_with("Refused"), "{errors:?}");
    assert_eq!(errors[1..], ["cancelled", "body_error"]);
}

/// Sends again what was answered with a 503.
#[derive(Clone)]
struct Again;

impl<B> retry::Policy<Request<NoBody>, Response<B>, Infallible> for Again {
    type Future = Ready<()>;

    fn retry(
        &mut self,
        _: &mut Request<NoBody>,
        result: &mut Result<Response<B>, Infallible>,
    ) -> Option<Ready<()>> {
        let refused = |response: &mut Response<B>| response.status() == 503;
        result.as_mut().is_ok_and(refused).then(|| ready(()))
    }

    fn clone_request(&mut self, request: &Request<NoBody>) -> Option<Request<NoBody>> {
        Some(request.clone())
    }
}

#[test]
fn attempts_of_one_request_are_told_apart() {
    let (observer, calls) = observer(TraceConfig::new());
    let status = Arc::new(AtomicU16::new(503));
    let client = ClientLayer::new(&observer).layer(service_fn(move |_: Request<NoBody>| {
        let response = Response::builder().status(status.swap(200, Relaxed));
        ready(Ok::<_, Infallible>(response.body(NoBody::new()).unwrap()))
    }));
    let mut request = get("http://a/");
    request.extensions_mut().insert(Attempts::default());
    let answer = block_on(retry::Retry::new(Again, client).oneshot(request));
    assert_eq!(answer.unwrap().status(), 200);
    let seen = calls.all().into_iter();
    let seen = Vec::from_iter(seen.map(|call| (call.resend_count, call.status)));
    assert_eq!(seen, [(0, Some(503)), (1, Some(200))]);
}

#[test]
fn only_hosts_on_the_list_are_told() {
    let formats = Propagators::parse("tracecontext,baggage,b3", |unknown| panic!("{unknown}"));
    let config = TraceConfig::new().propagators(formats);
    let (observer, _) = observer(config.propagate_to([".svc.example"]));
    // A caller that told of all that there is to tell on.
    let mut observation = observer.start(&RequestHead {
        method: "GET",
        scheme: None,
        version: HttpVersion::Http11,
        route: None,
        headers: &[
            (
                "traceparent",
                "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            ),
            ("tracestate", "vendor=1"),
            ("baggage", "user=ada"),
        ],
        body_size: None,
        details: &Default::default,
    });
    let mut told = |layer: ClientLayer, uri: &str| {
        let heard = Arc::new(Mutex::new(HeaderMap::new()));
        let callee = Arc::clone(&heard);
        let mut client = layer.layer(service_fn(move |request: Request<NoBody>| {
            *callee.lock().unwrap() = request.headers().clone();
            ready(Ok::<_, Infallible>(Response::new(NoBody::new())))
        }));
        let calling = || block_on(client.call(get(uri))).unwrap();
        drop(observation.run(calling).unwrap());
        let heard = heard.lock().unwrap();
        let names = observer.trace_header_names();
        Vec::from_iter(names.filter(|name| heard.contains_key(*name)))
    };
    let all = ["traceparent", "tracestate", "baggage", "b3"];
    let layer = ClientLayer::new(&observer);
    assert_eq!(told(layer.clone(), "http://pay.svc.example/"), all);
    assert_eq!(told(layer.clone(), "http://pay.example/"), [""; 0]);
    // A URI that names no host is that of the origin.
    assert_eq!(told(layer.clone(), "/pay.Service/Pay"), [""; 0]);
    let origin = Uri::from_static("http://pay.svc.example:50051");
    assert_eq!(told(layer.origin(origin), "/pay.Service/Pay"), all);
}

#[test]
fn servers_beyond_the_first_hundred_are_one() {
    let (observer, calls) = observer(TraceConfig::new());
    let mut client = ClientLayer::new(&observer).layer(service_fn(|_: Request<NoBody>| {
        ready(Ok::<_, Infallible>(Response::new(NoBody::new())))
    }));
    for number in 0..102 {
        block_on(client.call(get(&format!("http://host-{number}/")))).unwrap();
    }
    let servers = Vec::from_iter(calls.all().into_iter().map(|call| call.server));
    assert_eq!(servers[99], ("host-99".to_owned(), Some(80)));
    assert_eq!(servers[100..], vec![("_OTHER".to_owned(), None); 2]);
}
