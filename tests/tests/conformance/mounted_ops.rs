//! What the ops listener serves, below a prefix of the application's own port.

use std::{io::Read, sync::Arc};

use actix_web::{App, HttpServer, web};
use flate2::read::GzDecoder;
use futures_util::{FutureExt, TryFutureExt};
use http::{Request, Response, Version};
use http_body_util::BodyExt;
use steeple::{
    Outcome, Steeple, actix, axum,
    ops::Endpoints,
    tower::{MountedOps, OpsResponseBody},
};
use tower::{Layer, ServiceExt, service_fn};

use crate::{
    around::framework::{serve_router, serve_service},
    axum_router,
    expected::success,
    http_fixture::AnyBody,
    hyper_service::{boxed, route},
    records::Seen,
    stage::Stage,
};

const BEARER: &str = "Bearer 0123456789abcdef0123456789abcdef";

fn ops(steeple: &Steeple, host: &str) -> Endpoints {
    let service = steeple.ops_service(|ops| {
        ops.token(BEARER.trim_start_matches("Bearer "))
            .allow_host(host)
    });
    service.unwrap()
}

/// Whatever it is mounted in, it answers the same, and its requests are the application's.
fn answers(stage: &Stage, route: &str) {
    let authorized = ("authorization", BEARER);
    assert_eq!(stage.get("/ok").status, 200);
    assert_eq!(stage.records.next().seen, success());

    let answer = stage.send("GET", "/internal/metrics", &[authorized], "");
    assert_eq!(answer.status, 200);
    let shown = String::from_utf8(answer.content()).unwrap();
    assert!(
        shown.lines().any(|line| {
            line.starts_with("http_server_requests_total{") && line.contains(r#"http_route="/ok""#)
        }),
        "{shown}"
    );
    let scrape = stage.records.next().seen;
    assert_eq!(
        scrape,
        Seen {
            route: route.to_owned(),
            response_size: shown.len() as u64,
            ..success()
        }
    );

    let gzip = [authorized, ("accept-encoding", "gzip")];
    let answer = stage.send("GET", "/internal/metrics", &gzip, "");
    assert_eq!(answer.header("content-encoding"), Some("gzip"));
    let mut unpacked = String::new();
    let content = answer.content();
    let mut decoder = GzDecoder::new(&*content);
    decoder.read_to_string(&mut unpacked).unwrap();
    assert!(unpacked.len() >= shown.len(), "{unpacked}");
    assert_eq!(stage.records.next().seen.outcome, Outcome::Success);

    for (headers, body, status) in [
        (&[][..], 0, 401),
        (&[authorized, ("content-length", "1024")], 1024, 200),
        (&[authorized, ("content-length", "1025")], 1025, 413),
    ] {
        let answer = stage.send("GET", "/internal/livez", headers, "x".repeat(body));
        assert_eq!(answer.status, status);
        let seen = stage.records.next().seen;
        assert_eq!((seen.status, &*seen.route), (Some(status), route));
    }
    assert_eq!(stage.get("/internals").status, 404);
    assert_eq!(stage.records.next().seen.outcome, Outcome::ClientError);
}

#[test]
fn actix_web_mounts_it() {
    for version in [Version::HTTP_11, Version::HTTP_2] {
        let stage = Stage::serving(|listener, steeple| {
            let (mounted, observe) = (Arc::new(ops(steeple, "test")), steeple.actix());
            let elsewhere = Arc::new(ops(steeple, "elsewhere"));
            let app = move || {
                App::new()
                    .route("/ok", web::get().to(async || "hello"))
                    .service(actix::ops("/internal", Arc::clone(&mounted)))
                    .service(actix::ops("/elsewhere", Arc::clone(&elsewhere)))
                    .wrap(observe.clone())
            };
            let server = HttpServer::new(app).workers(1).disable_signals();
            let server = server.listen_auto_h2c(listener.into_std().unwrap());
            let running = server.unwrap().run();
            async move { running.await.unwrap() }.boxed()
        })
        .asked_in(version);
        answers(&stage, "/internal/{path:.*}");
        let authorized = ("authorization", BEARER);
        let answer = stage.send("GET", "/elsewhere/livez", &[authorized], "");
        assert_eq!(answer.status, 421, "{version:?}");
    }
}

#[test]
fn axum_mounts_it() {
    let stage = Stage::serving(|listener, steeple| {
        let router = axum_router::router()
            .merge(axum::ops("/internal", ops(steeple, "test")))
            .layer(steeple.axum());
        serve_router(listener, || router)
    });
    answers(&stage, "/internal/{*path}");
}

#[test]
fn a_bare_service_mounts_it() {
    let stage = Stage::serving(|listener, steeple| {
        let mounted = MountedOps::new(ops(steeple, "test")).below("/internal");
        let service = service_fn(move |request: Request<AnyBody>| {
            if !request.uri().path().starts_with("/internal/") {
                return route(request).left_future();
            }
            let answered = |answer: Response<OpsResponseBody>| {
                answer.map(|body| body.map_err(|never| match never {}).boxed_unsync())
            };
            let answer = mounted.clone().oneshot(request);
            answer.map_ok(answered).right_future()
        });
        let service = boxed(steeple.tower().layer(service));
        serve_service(listener, steeple, || service)
    });
    answers(&stage, "_UNMATCHED");
}
