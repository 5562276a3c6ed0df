//! The application on actix-web, inside actix-web-prom and inside steeple.

use std::{convert::Infallible, fmt, time::Duration};

use actix_web::{App, HttpResponse, HttpServer, ResponseError, web};
use actix_web_prom::PrometheusMetricsBuilder;
use futures_util::stream;
use prometheus::TextEncoder;
use steeple::MetricNames;

use crate::{
    scraped::{Scraped, listen},
    steeple,
    traffic::{SLOW, SLOWER},
};

const NAMESPACE: &str = "api";

/// Serves the application inside a middleware on a thread of its own, until the process ends.
///
/// A macro, since the type that a middleware wraps is private to actix-web.
macro_rules! serve {
    ($middleware:expr) => {{
        let (listener, address) = listen();
        let middleware = $middleware;
        std::thread::spawn(move || {
            actix_web::rt::System::new().block_on(async move {
                HttpServer::new(move || App::new().configure(application).wrap(middleware.clone()))
                    .workers(1)
                    .disable_signals()
                    .listen(listener)
                    .expect("a plain socket")
                    .run()
                    .await
                    .expect("the server runs until the process ends");
            });
        });
        address
    }};
}

pub(crate) fn peer() -> Scraped {
    let metrics = PrometheusMetricsBuilder::new(NAMESPACE)
        .build()
        .expect("a valid namespace");
    let registry = metrics.registry.clone();
    Scraped::peer(serve!(metrics), move || {
        TextEncoder::new()
            .encode_to_string(&registry.gather())
            .expect("its own registry is valid")
    })
}

pub(crate) fn ours() -> Scraped {
    let namespace = NAMESPACE.to_owned();
    let steeple = steeple(MetricNames::ActixWebProm { namespace });
    Scraped::ours(serve!(steeple.actix()), steeple)
}

fn application(config: &mut web::ServiceConfig) {
    let get = |path: &str, route: actix_web::Route| web::resource(path.to_owned()).route(route);
    config
        .service(get("/fast", web::get().to(async || "fast")))
        .service(get("/slow", web::get().to(async || late(SLOW).await)))
        .service(get("/slower", web::get().to(async || late(SLOWER).await)))
        .service(get("/streamed", web::get().to(async || streamed())))
        .service(get(
            "/orders",
            web::post().to(async || HttpResponse::Created().finish()),
        ))
        .service(get("/orders/{id}", web::get().to(order)))
        .service(get(
            "/broken",
            web::get().to(async || Err::<String, _>(Broken)),
        ))
        .service(
            web::scope("/api").service(get("/users/{name}", web::get().to(async || "a user"))),
        );
}

/// A head at once, and a body that is late.
fn streamed() -> HttpResponse {
    HttpResponse::Ok().streaming(stream::once(async {
        Ok::<_, Infallible>(web::Bytes::from(late(SLOW).await))
    }))
}

async fn late(after: Duration) -> &'static str {
    actix_web::rt::time::sleep(after).await;
    "late"
}

async fn order(id: web::Path<u64>) -> HttpResponse {
    if *id == 0 {
        HttpResponse::NotFound().finish()
    } else {
        HttpResponse::Ok().finish()
    }
}

#[derive(Debug)]
struct Broken;

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("broken")
    }
}

impl ResponseError for Broken {}
