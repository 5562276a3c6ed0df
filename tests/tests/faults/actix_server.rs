//! The same service on actix-web.

use std::{
    convert::Infallible,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    thread,
    time::Duration,
};

use actix_web::{
    App, HttpResponse, HttpServer,
    dev::Service,
    rt::{System, time::sleep},
    web,
};
use bytes::Bytes;
use futures_util::stream;

use crate::server::Server;

/// A service whose answers on `/pending` wait for their release.
pub(crate) struct ActixServer {
    pub(crate) server: Server,
    released: Arc<AtomicBool>,
}

impl ActixServer {
    pub(crate) fn start(allow_half_closed: bool) -> Self {
        let released = Arc::<AtomicBool>::default();
        let release = Arc::clone(&released);
        let server = Server::serve(|steeple, arrivals, listener| {
            let observe = steeple.actix();
            let on_connect = steeple::actix::on_connect(steeple.observer());
            let app = move || {
                let (arrivals, release) = (Arc::clone(&arrivals), Arc::clone(&release));
                App::new()
                    .route("/hello", web::get().to(async || "hello"))
                    .route(
                        "/pending",
                        web::get().to(move || pending(Arc::clone(&release))),
                    )
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
        });
        Self { server, released }
    }

    pub(crate) fn release(&self) {
        self.released.store(true, SeqCst);
    }
}

async fn pending(released: Arc<AtomicBool>) -> &'static str {
    while !released.load(SeqCst) {
        sleep(Duration::from_millis(50)).await;
    }
    "at last"
}

async fn endless() -> HttpResponse {
    let event = Ok::<_, Infallible>(Bytes::from_static(b"data: tick\n\n"));
    HttpResponse::Ok().streaming(stream::repeat(event))
}
