//! The same service on actix-web.

use std::{convert::Infallible, future, thread, time::Duration};

use actix_web::{
    App, HttpResponse, HttpServer,
    dev::Service,
    rt::{System, time::sleep},
    web,
};
use bytes::Bytes;
use futures_util::stream;

use crate::server::Server;

/// Starts the service. Where clients may close their half, its answer on `/pending` comes after 50 ms, for those who are gone
/// too; otherwise never.
pub(crate) fn start(allow_half_closed: bool) -> Server {
    let pending = move || async move {
        if !allow_half_closed {
            future::pending::<()>().await;
        }
        sleep(Duration::from_millis(50)).await;
        "at last"
    };
    Server::serve(|steeple, arrivals, listener| {
        let observe = steeple.actix();
        let on_connect = steeple::actix::on_connect(steeple.observer());
        let app = move || {
            let arrivals = arrivals.clone();
            App::new()
                .route("/hello", web::get().to(async || "hello"))
                .route("/pending", web::get().to(pending))
                .route("/endless", web::get().to(endless))
                .wrap(observe.clone())
                .wrap_fn(move |request, service| {
                    arrivals.count(request.path());
                    service.call(request)
                })
        };
        thread::spawn(move || {
            let server = HttpServer::new(app)
                .h1_allow_half_closed(allow_half_closed)
                .on_connect(on_connect)
                .workers(2)
                .disable_signals()
                .listen(listener)
                .expect("a plain socket");
            let served = System::new().block_on(server.run());
            served.expect("the server runs until the process ends");
        });
    })
}

/// A body without end in large pieces: of small ones, a worker makes hundreds of thousands before the buffers of the
/// socket are full, and without optimisation ordinary clients wait for that until they give up.
async fn endless() -> HttpResponse {
    let piece = Ok::<_, Infallible>(Bytes::from_static(&[b' '; 16 * 1024]));
    HttpResponse::Ok().streaming(stream::repeat(piece))
}
