use std::{future::Future, io};

use actix_web::{dev::Server, rt};

/// Serves until `stop` is done, and then until the requests at hand are served, for the server's
/// [`shutdown_timeout`](actix_web::HttpServer::shutdown_timeout) at most.
///
/// # Errors
///
/// What the server ends with.
pub async fn serve_until(
    server: Server,
    stop: impl Future<Output = ()> + 'static,
) -> io::Result<()> {
    let handle = server.handle();
    let stopping = rt::spawn(async move {
        stop.await;
        handle.stop(true).await;
    });
    let ended = server.await;
    stopping.abort();
    ended
}
