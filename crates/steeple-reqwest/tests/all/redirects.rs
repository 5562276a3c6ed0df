//! Redirects that the client follows by itself.

use std::{
    io,
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    http::{HeaderMap, StatusCode, header::LOCATION},
};
use reqwest::redirect::Policy;
use reqwest_middleware::{ClientBuilder, ClientWithMiddleware};
use steeple_core::{Observer, TraceConfig};
use steeple_reqwest::ObserveRequests;
use tokio::net::TcpListener;

/// A server, and the `traceparent` fields of all requests that it got.
#[derive(Clone, Default)]
struct Server(Arc<Mutex<Vec<Option<String>>>>);

impl Server {
    /// Answers at the address with a redirect to `location`, if there is one.
    async fn start(&self, location: Option<String>) -> SocketAddr {
        let told = Arc::clone(&self.0);
        let answer = move |headers: HeaderMap| {
            let field = headers.get("traceparent");
            let field = field.map(|value| value.to_str().unwrap().to_owned());
            told.lock().unwrap().push(field);
            let (status, field) = match location.clone() {
                Some(location) => (StatusCode::FOUND, Some((LOCATION, location))),
                None => (StatusCode::OK, None),
            };
            async move { (status, HeaderMap::from_iter(field.map(header))) }
        };
        let router = Router::new().fallback(answer);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        address
    }

    /// Whether each request told of a trace.
    fn told(&self) -> Vec<bool> {
        self.0.lock().unwrap().iter().map(Option::is_some).collect()
    }
}

fn header(
    (name, value): (axum::http::HeaderName, String),
) -> (axum::http::HeaderName, axum::http::HeaderValue) {
    (name, value.parse().unwrap())
}

/// Two servers under names of their own, of which the first redirects to the second, and a client that tells some of traces.
struct Stage {
    first: Server,
    second: Server,
    client: ClientWithMiddleware,
    url: String,
    next: String,
}

impl Stage {
    async fn new(tells: &[&str], guarded: bool) -> Self {
        let (first, second) = (Server::default(), Server::default());
        let behind = second.start(None).await;
        let next = format!("http://second.test:{}/", behind.port());
        let front = first.start(Some(next.clone())).await;
        let traces = TraceConfig::new().propagate_to(tells.iter().copied());
        let observe = ObserveRequests::new(&Observer::builder().traces(traces).build().unwrap());
        let builder = reqwest::Client::builder()
            .resolve("first.test", front)
            .resolve("second.test", behind);
        let builder = if guarded {
            builder.redirect(observe.redirects(Policy::default()))
        } else {
            builder
        };
        let client = ClientBuilder::new(builder.build().unwrap());
        Self {
            first,
            second,
            client: client.with(observe).build(),
            url: format!("http://first.test:{}/", front.port()),
            next,
        }
    }

    /// The status that a request to `url` ends with.
    async fn get(&self, url: &str) -> u16 {
        self.client.get(url).send().await.unwrap().status().as_u16()
    }
}

#[tokio::test]
async fn a_redirect_to_a_host_that_is_not_to_be_told_is_left_to_the_caller() {
    let stage = Stage::new(&["first.test"], true).await;
    assert_eq!(stage.get(&stage.url).await, 302);
    assert_eq!(
        (stage.first.told(), stage.second.told()),
        (vec![true], vec![])
    );
    assert_eq!(stage.get(&stage.next).await, 200);
    assert_eq!(stage.second.told(), [false]);
}

#[tokio::test]
async fn redirects_that_tell_nobody_else_are_followed() {
    for (tells, told) in [
        (&["first.test", "second.test"][..], true),
        (&["others.test"], false),
        // What the first is not told is not taken along.
        (&["second.test"], false),
    ] {
        let stage = Stage::new(tells, true).await;
        assert_eq!(stage.get(&stage.url).await, 200);
        assert_eq!(stage.first.told(), [told]);
        assert_eq!(stage.second.told(), [told]);
    }
}

#[tokio::test]
async fn the_policy_of_the_client_decides_on_the_other_redirects() {
    let observe = ObserveRequests::new(&Observer::default());
    let server = Server::default();
    let front = server.start(Some("/again".to_owned())).await;
    for (policy, requests) in [(Policy::none(), 1), (Policy::limited(3), 4)] {
        let client = reqwest::Client::builder().redirect(observe.redirects(policy));
        let client = ClientBuilder::new(client.build().unwrap());
        let client = client.with(observe.clone()).build();
        let _ = client.get(format!("http://{front}/")).send().await;
        assert_eq!(server.0.lock().unwrap().drain(..).count(), requests);
    }
}

#[tokio::test]
async fn a_client_without_the_policy_is_warned_of_once() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt().with_writer(move || writer.clone());
    let _logged = tracing::subscriber::set_default(subscriber.finish());
    let stage = Stage::new(&["first.test"], false).await;
    for _ in 0..2 {
        assert_eq!(stage.get(&stage.url).await, 200);
    }
    assert_eq!(stage.second.told(), [true, true]);
    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert_eq!(
        log.matches("a client followed a redirect").count(),
        1,
        "{log}"
    );
    assert!(log.contains("second.test"), "{log}");
}

/// What a subscriber wrote.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
