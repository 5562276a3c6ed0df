//! The application that every axum peer wraps, on a socket.

use std::{
    net::{SocketAddr, TcpListener},
    sync::Arc,
    thread,
};

use axum::{Router, routing::get};

use crate::peer::Handlers;

/// Serves the application inside `layered` on a thread of its own, until the process ends.
pub(crate) fn serve(
    handlers: &Arc<Handlers>,
    layered: impl FnOnce(Router) -> Router + Send + 'static,
) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("a bound address");
    listener.set_nonblocking(true).expect("a plain socket");
    let application = application(handlers);
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::from_std(listener).expect("a plain socket");
            axum::serve(listener, layered(application))
                .await
                .expect("the server runs until the process ends");
        });
    });
    address
}

fn application(handlers: &Arc<Handlers>) -> Router {
    let (pending, panicking) = (Arc::clone(handlers), Arc::clone(handlers));
    Router::new()
        .route("/hello", get(|| async { "hello" }))
        .route("/late/{number}", get(|| async { "a late route" }))
        .route("/pending", get(move || pending.clone().pending()))
        .route("/panic", get(move || panicking.clone().panicking()))
        .with_state(())
}
