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

/// What becomes of a request whose client is gone before the answer.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Abandoned {
    /// It is dropped, and so `/pending` may last for ever.
    Dropped,
    /// It goes on, since clients may close their half: `/pending` answers after 50 ms.
    GoesOn,
    /// It goes on, since that is how actix-web serves HTTP/2.
    OverHttp2,
}

/// Starts the service.
pub(crate) fn start(abandoned: Abandoned) -> Server {
    let pending = move || async move {
        if abandoned == Abandoned::Dropped {
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
                .route("/upload", web::post().to(async |_: Bytes| "stored"))
                .wrap(observe.clone())
                .wrap_fn(move |request, service| {
                    arrivals.count(request.path());
                    service.call(request)
                })
        };
        thread::spawn(move || {
            let server = HttpServer::new(app)
                .h1_allow_half_closed(abandoned == Abandoned::GoesOn)
                .on_connect(on_connect)
                .workers(2)
                .disable_signals();
            let server = match abandoned {
                Abandoned::OverHttp2 => server.listen_auto_h2c(listener),
                _ => server.listen(listener),
            };
            let served = System::new().block_on(server.expect("a plain socket").run());
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
