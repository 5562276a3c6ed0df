//! F4 for gRPC, whose method is the path: services and methods that a client makes up.

use std::{
    convert::Infallible,
    future::{Ready, ready},
    task::{Context, Poll},
};

use futures_util::FutureExt;
use http::{Request, Response, Version};
use steeple::{Steeple, metrics::Value};
use steeple_tests::process::{isolated, resident_bytes};
use tonic::{body::Body, server::NamedService, service::Routes};
use tower::{Layer, Service, ServiceExt, service_fn};

const HOSTILE: u64 = 100_000;
const MEBIBYTE: u64 = 1 << 20;

/// A service whose every method answers.
#[derive(Clone)]
struct Orders;

impl NamedService for Orders {
    const NAME: &'static str = "shop.Orders";
}

impl Service<Request<Body>> for Orders {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Ready<Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<Body>) -> Self::Future {
        ready(Ok(answer("0")))
    }
}

fn answer(status: &'static str) -> Response<Body> {
    let response = Response::builder()
        .header("content-type", "application/grpc")
        .header("grpc-status", status);
    response.body(Body::empty()).expect("a valid head")
}

fn call(path: &str) -> Request<Body> {
    let request = Request::post(path)
        .version(Version::HTTP_2)
        .header("content-type", "application/grpc");
    request.body(Body::empty()).expect("a valid head")
}

fn steeple() -> Steeple {
    let steeple = Steeple::builder("faults").private().without_ops().build();
    steeple.expect("a valid configuration")
}

/// Makes up `count` methods, the same ones for the same `seed`.
fn made_up(seed: u64, count: u64) -> impl Iterator<Item = String> {
    let mut random = fastrand::Rng::with_seed(seed);
    (0..count).map(move |_| {
        format!(
            "/s{:x}.S{:x}/M{:x}",
            random.u64(..),
            random.u64(..),
            random.u64(..)
        )
    })
}

/// The calls counted by method.
fn calls(steeple: &Steeple, method: &str) -> u64 {
    let snapshot = steeple.registry().snapshot();
    let family = snapshot.family("rpc_server_call_duration_seconds");
    let series = family.into_iter().flat_map(|family| &family.series);
    series
        .filter(|series| series.labels.value("rpc_method").as_deref() == Some(method))
        .filter_map(|series| Some(series.value.as_histogram()?.count()))
        .sum()
}

/// How many series there are, over all metrics.
fn series(steeple: &Steeple) -> f64 {
    let snapshot = steeple.registry().snapshot();
    let held = snapshot.value("steeple_metrics_series", &[]);
    held.and_then(Value::as_gauge).unwrap_or(0.0)
}

#[test]
fn methods_that_do_not_exist_share_one_series_take_no_memory_and_hide_no_new_one() {
    isolated(
        "grpc_methods::methods_that_do_not_exist_share_one_series_take_no_memory_and_hide_no_new_one",
        || {
            let steeple = steeple();
            let server = steeple.tower().layer(Routes::new(Orders));
            let send = |path: &str| {
                let response = server.clone().oneshot(call(path)).now_or_never();
                response.expect("an answer at once").expect("an answer");
            };
            made_up(1, 1_000).for_each(|path| send(&path));
            let (held, before) = (series(&steeple), resident_bytes().unwrap());
            assert!(held > 0.0);

            made_up(2, HOSTILE).for_each(|path| send(&path));

            let grown = resident_bytes().unwrap().saturating_sub(before);
            assert!(grown <= MEBIBYTE, "grown by {grown} bytes");
            assert_eq!(series(&steeple), held);
            assert_eq!(calls(&steeple, "_OTHER"), 1_000 + HOSTILE);
            send("/shop.Orders/Place");
            assert_eq!(calls(&steeple, "shop.Orders/Place"), 1);
        },
    );
}

#[test]
fn calls_that_a_middleware_refuses_whatever_their_method_hide_no_new_one() {
    let steeple = steeple();
    let server = steeple
        .tower()
        .layer(service_fn(async |request: Request<Body>| {
            let known = request.headers().contains_key("authorization");
            Ok::<_, Infallible>(answer(if known { "0" } else { "16" }))
        }));
    let send = |request: Request<Body>| {
        let response = server.clone().oneshot(request).now_or_never();
        response.expect("an answer at once").expect("an answer");
    };
    made_up(3, 1_000).for_each(|path| send(call(&path)));
    let held = series(&steeple);
    assert!(held > 0.0);

    made_up(4, HOSTILE).for_each(|path| send(call(&path)));

    assert_eq!(series(&steeple), held, "the first ones took what there is");
    let mut known = call("/shop.Orders/Place");
    known
        .headers_mut()
        .insert("authorization", "yes".parse().expect("a valid value"));
    send(known);
    assert_eq!(calls(&steeple, "shop.Orders/Place"), 1);
}
