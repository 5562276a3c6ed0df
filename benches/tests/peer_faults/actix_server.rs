//! The application that every actix-web peer wraps, on a socket.

use std::sync::Arc;

use actix_web::web;

use crate::peer::Handlers;

/// The application's routes.
pub(crate) fn routes(handlers: Arc<Handlers>) -> impl FnOnce(&mut web::ServiceConfig) {
    move |config| {
        let panicking = Arc::clone(&handlers);
        config
            .route("/hello", web::get().to(async || "hello"))
            .route("/late/{number}", web::get().to(async || "a late route"))
            .route(
                "/pending",
                web::get().to(move || handlers.clone().pending()),
            )
            .route(
                "/panic",
                web::get().to(move || panicking.clone().panicking()),
            );
    }
}

/// Serves the application inside a middleware on a thread of its own, until the process ends.
///
/// A macro, since the type that a middleware wraps is private to actix-web.
macro_rules! serve {
    ($handlers:expr, $middleware:expr) => {{
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("a bound address");
        let (handlers, middleware) = (std::sync::Arc::clone($handlers), $middleware);
        std::thread::spawn(move || {
            actix_web::rt::System::new().block_on(async move {
                actix_web::HttpServer::new(move || {
                    actix_web::App::new()
                        .configure(crate::actix_server::routes(handlers.clone()))
                        .wrap(middleware.clone())
                })
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
pub(crate) use serve;
