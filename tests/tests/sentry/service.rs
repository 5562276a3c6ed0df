//! Services on two threads, and what they would send.

use std::{
    sync::{Arc, Mutex, mpsc},
    thread,
    time::Duration,
};

use actix_web::{App, HttpResponse, HttpServer};
use axum::{Router, extract::Path, http::StatusCode, routing::get};
use steeple::{
    Steeple,
    sentry::{RetryPolicy, SentryBuilder, sentry_core::protocol::Event},
};
use steeple_tests::serving::serve;

/// What handles the orders of a service, and answers with a status.
pub(crate) trait Handle: Clone + Send + Sync + 'static {
    fn handle(&self, order: u32) -> impl Future<Output = u16> + Send;
}

/// The events that Sentry would be sent.
#[derive(Clone, Default)]
pub(crate) struct Events(Arc<Mutex<Vec<Event<'static>>>>);

impl Events {
    /// Keeps them, and leaves them out.
    pub(crate) fn keep(&self, sentry: SentryBuilder) -> SentryBuilder {
        let Self(events) = self.clone();
        // Nobody takes what is told of the events that were left out.
        let once = RetryPolicy::default().max_elapsed(Duration::ZERO);
        sentry
            .dsn("http://key@127.0.0.1:1/7")
            .retry(once)
            .before_send(move |event| {
                events.lock().unwrap().push(event);
                None
            })
    }

    pub(crate) fn taken(&self) -> Vec<Event<'static>> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}

/// Where a service serves `/orders/{order}`, on axum.
pub(crate) fn on_axum(steeple: &Steeple, handler: impl Handle) -> String {
    let answer = async move |Path(order): Path<u32>| {
        StatusCode::from_u16(handler.handle(order).await).unwrap()
    };
    let app = Router::new().route("/orders/{order}", get(answer));
    let app = app.layer(steeple.axum());
    format!("http://{}", serve(app, 2))
}

/// The same on actix-web.
pub(crate) fn on_actix(steeple: &Steeple, handler: impl Handle) -> String {
    let observe = steeple.actix();
    let (bound, address) = mpsc::channel();
    thread::spawn(move || {
        actix_web::rt::System::new().block_on(async move {
            let server = HttpServer::new(move || {
                let handler = handler.clone();
                let answer = move |order: actix_web::web::Path<u32>| {
                    let handler = handler.clone();
                    async move {
                        let status = handler.handle(*order).await;
                        HttpResponse::new(actix_web::http::StatusCode::from_u16(status).unwrap())
                    }
                };
                let route = actix_web::web::get().to(answer);
                App::new()
                    .wrap(observe.clone())
                    .route("/orders/{order}", route)
            });
            let server = server.workers(2).bind("127.0.0.1:0").unwrap();
            bound.send(server.addrs()[0]).unwrap();
            server.run().await.unwrap();
        });
    });
    format!("http://{}", address.recv().unwrap())
}

/// Asks for an order, whatever the answer.
pub(crate) fn ask(service: &str, order: u32, fields: &[(&str, &str)]) {
    let mut request = ureq::get(format!("{service}/orders/{order}"));
    for (name, value) in fields {
        request = request.header(*name, *value);
    }
    let asked = request.config().http_status_as_error(false).build().call();
    asked.unwrap();
}
