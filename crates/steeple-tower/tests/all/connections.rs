//! Connections, and what requests upgrade them to.

use std::{convert::Infallible, future::ready, sync::Mutex};

use futures_executor::block_on;
use http::{Method, Request, Response, StatusCode, Version, header::UPGRADE};
use steeple_core::{Observer, RoutePolicy, Upgrade, current};
use steeple_metrics::Value;
use steeple_tower::{ObservedIo, OnConnection};
use tower::{Layer, ServiceExt, service_fn};

use crate::stage::{NoBody, Stage, request};

impl Stage {
    fn open(&self) -> (f64, f64) {
        let open = |what| self.total(&format!("http_server_open_{what}"));
        (open("connections"), open("upgrades"))
    }

    /// How many connections and upgrades have ended.
    fn ended(&self) -> (u64, u64) {
        let snapshot = self.registry.snapshot();
        let count = |name| {
            let series = snapshot
                .family(name)
                .into_iter()
                .flat_map(|family| &family.series);
            let histograms = series.filter_map(|series| series.value.as_histogram());
            histograms.map(|histogram| histogram.count()).sum()
        };
        (
            count("http_server_connection_duration_seconds"),
            count("http_server_upgrade_duration_seconds"),
        )
    }

    /// Answers `request` with `status`, on `connection` if there is one.
    fn answer(
        &self,
        connection: Option<&ObservedIo<()>>,
        request: Request<NoBody>,
        status: u16,
        handler: impl Fn(),
    ) {
        let service = self.layer().layer(service_fn(async |_: Request<NoBody>| {
            current::route("/chat");
            handler();
            let mut response = Response::new(NoBody::new());
            *response.status_mut() = StatusCode::from_u16(status).unwrap();
            Ok::<_, Infallible>(response)
        }));
        let response = match connection {
            Some(io) => block_on(OnConnection::new(service, io.connection()).oneshot(request)),
            None => block_on(service.oneshot(request)),
        };
        drop(response);
    }
}

fn io(stage: &Stage) -> ObservedIo<()> {
    ObservedIo::new((), &stage.observer)
}

fn websocket() -> Request<NoBody> {
    let request = Request::get("/").header(UPGRADE, "websocket");
    request.body(NoBody::new()).unwrap()
}

fn connect(version: Version) -> Request<NoBody> {
    let request = Request::builder().method(Method::CONNECT).version(version);
    request.uri("example.test:443").body(NoBody::new()).unwrap()
}

#[test]
fn a_connection_is_open_until_it_is_dropped() {
    let stage = Stage::new();
    let (first, second) = (io(&stage), io(&stage));
    stage.answer(Some(&first), request(), 200, || {});
    assert_eq!((stage.open(), stage.ended()), ((2.0, 0.0), (0, 0)));
    drop(first);
    assert_eq!((stage.open(), stage.ended()), ((1.0, 0.0), (1, 0)));
    drop(second);
    assert_eq!((stage.open(), stage.ended()), ((0.0, 0.0), (2, 0)));
}

#[test]
fn a_connection_carries_what_it_is_upgraded_to() {
    for request in [websocket, || connect(Version::HTTP_11)] {
        let stage = Stage::new();
        let (upgraded, other) = (io(&stage), io(&stage));
        let status = if request().method() == Method::CONNECT {
            200
        } else {
            101
        };
        stage.answer(Some(&upgraded), request(), status, || {});
        assert_eq!((stage.open(), stage.ended()), ((2.0, 1.0), (0, 0)));
        drop(upgraded);
        assert_eq!((stage.open(), stage.ended()), ((1.0, 0.0), (1, 1)));
        drop(other);
        let snapshot = stage.registry.snapshot();
        let open = snapshot.value("http_server_open_upgrades", &[("http_route", "/chat")]);
        assert_eq!(open.and_then(Value::as_gauge), Some(0.0));
        assert_eq!(stage.total("http_server_upgrades_total"), 1.0);
    }
}

#[test]
fn a_connection_carries_the_upgrade_for_every_observer() {
    let (outer, inner) = (Stage::new(), Stage::new());
    let io = io(&outer);
    let service = service_fn(|_: Request<NoBody>| {
        let mut response = Response::new(NoBody::new());
        *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
        ready(Ok::<_, Infallible>(response))
    });
    let service = outer.layer().layer(inner.layer().layer(service));
    let service = OnConnection::new(service, io.connection());
    drop(block_on(service.oneshot(websocket())));
    assert_eq!((outer.open(), outer.ended()), ((1.0, 1.0), (0, 0)));
    assert_eq!((inner.open(), inner.ended()), ((0.0, 1.0), (0, 0)));
    drop(io);
    assert_eq!((outer.open(), outer.ended()), ((0.0, 0.0), (1, 1)));
    assert_eq!((inner.open(), inner.ended()), ((0.0, 0.0), (0, 1)));
}

#[test]
fn an_upgrade_that_is_refused_was_none() {
    let stage = Stage::new();
    let io = io(&stage);
    let held = Mutex::new(None);
    stage.answer(Some(&io), websocket(), 403, || {
        *held.lock().unwrap() = Some(current::upgrade())
    });
    drop((io, held));
    assert_eq!((stage.open(), stage.ended()), ((0.0, 0.0), (1, 0)));
}

#[test]
fn an_upgrade_that_nobody_carries_is_counted_alone() {
    let stage = Stage::new();
    stage.answer(None, websocket(), 101, || {});
    assert_eq!((stage.open(), stage.ended()), ((0.0, 0.0), (0, 0)));
    assert_eq!(stage.total("http_server_upgrades_total"), 1.0);
}

#[test]
fn an_upgrade_is_told_from_the_same_answer_to_another_method() {
    // All of them are `_OTHER` then.
    let stage = Stage::with(|observer| observer.known_methods(["GET"]));
    let brew = || {
        let request = Request::builder().method("BREW").uri("/");
        request.body(NoBody::new()).unwrap()
    };
    for request in [brew(), connect(Version::HTTP_11), brew()] {
        stage.answer(None, request, 200, || {});
    }
    assert_eq!(stage.total("http_server_upgrades_total"), 1.0);
    assert_eq!(stage.total("http_server_requests_total"), 3.0);
}

#[test]
fn an_upgrade_lasts_until_the_last_hold_on_it_is_dropped_and_counts_once() {
    let stage = Stage::new();
    let io = io(&stage);
    let held = Mutex::new(None::<Upgrade>);
    let hold = || *held.lock().unwrap() = Some(current::upgrade());
    stage.answer(Some(&io), websocket(), 101, hold);
    assert_eq!(stage.open(), (1.0, 1.0));
    drop(io);
    assert_eq!((stage.open(), stage.ended()), ((0.0, 1.0), (1, 0)));
    drop(held);
    assert_eq!((stage.open(), stage.ended()), ((0.0, 0.0), (1, 1)));
}

#[test]
fn a_connection_of_http_2_does_not_carry_the_upgrade_of_one_of_its_streams() {
    let stage = Stage::new();
    let io = io(&stage);
    let held = Mutex::new(None::<Upgrade>);
    stage.answer(Some(&io), connect(Version::HTTP_2), 200, || {});
    assert_eq!(stage.open(), (1.0, 0.0));
    let hold = || *held.lock().unwrap() = Some(current::upgrade());
    stage.answer(Some(&io), connect(Version::HTTP_2), 200, hold);
    assert_eq!(stage.open(), (1.0, 1.0));
    drop(held);
    assert_eq!((stage.open(), stage.ended()), ((1.0, 0.0), (0, 1)));
}

#[test]
fn an_ignored_route_leaves_its_upgrades_out() {
    let stage = Stage::with(|observer| observer.route("/chat", RoutePolicy::new().ignore()));
    let io = io(&stage);
    stage.answer(Some(&io), websocket(), 101, || {});
    assert_eq!(stage.open(), (1.0, 0.0));
}

#[test]
fn outside_of_requests_and_without_metrics_nothing_is_held() {
    drop(current::upgrade());
    drop(Observer::default().connection());
}
