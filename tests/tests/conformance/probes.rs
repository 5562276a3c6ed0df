//! Probes on the application's own port.

use std::sync::Arc;

use actix_web::{App, HttpServer, web};
use futures_util::FutureExt;
use steeple::{actix, axum, core::ops::PROBES, health::Health};

use crate::{around::framework::serve_router, axum_router, stage::Stage};

fn health() -> Health {
    let check = async || Ok::<_, std::io::Error>(());
    Health::builder().check("database", check).start().unwrap()
}

/// Whatever they are mounted in, they are answered the same, and nothing else is.
fn answers(stage: &Stage, health: &Health) {
    let probe = |method, path| {
        let answer = stage.send(method, path, &[], "");
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        let seen = stage.records.next().seen;
        assert_eq!((seen.status, &*seen.route), (Some(answer.status), path));
        (answer.status, answer.content())
    };
    for path in PROBES {
        assert_eq!(probe("GET", path), (200, b"ok\n".to_vec()));
        assert_eq!(probe("HEAD", path), (200, Vec::new()));
        assert_eq!(probe("POST", path).0, 405);
    }
    health.begin_drain();
    assert_eq!(probe("GET", "/livez"), (200, b"ok\n".to_vec()));
    assert_eq!(probe("GET", "/readyz"), (503, b"unavailable\n".to_vec()));
    assert_eq!(probe("HEAD", "/readyz"), (503, Vec::new()));
    for path in ["/health", "/metrics", "/livez/"] {
        assert_eq!(stage.get(path).status, 404, "{path}");
        let _ = stage.records.next();
    }
}

#[test]
fn axum_mounts_them() {
    let health = health();
    let probes = health.probes();
    let stage = Stage::serving(|listener, steeple| {
        let router = axum_router::router()
            .merge(axum::probes(probes))
            .layer(steeple.axum());
        serve_router(listener, || router)
    });
    answers(&stage, &health);
}

#[test]
fn actix_web_mounts_them() {
    let health = health();
    let probes = Arc::new(health.probes());
    let stage = Stage::serving(|listener, steeple| {
        let observe = steeple.actix();
        let app = move || {
            App::new()
                .route("/ok", web::get().to(async || "hello"))
                .service(actix::probes(Arc::clone(&probes)))
                .wrap(observe.clone())
        };
        let server = HttpServer::new(app).workers(1).disable_signals();
        let server = server.listen(listener.into_std().unwrap());
        let running = server.unwrap().run();
        async move { running.await.unwrap() }.boxed()
    });
    answers(&stage, &health);
}
