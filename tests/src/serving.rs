//! Services of axum that serve until the process ends.

use std::{
    net::{SocketAddr, TcpListener},
    thread,
};

use axum::Router;

/// Serves `app` on a runtime of its own, with so many threads, and tells where.
///
/// # Panics
///
/// If there is no address left to listen on.
#[must_use]
pub fn serve(app: Router, threads: usize) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("an address");
    let address = listener.local_addr().expect("it is bound");
    listener.set_nonblocking(true).expect("a plain socket");
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(threads)
            .enable_all()
            .build();
        runtime.expect("a runtime").block_on(async {
            let listener = tokio::net::TcpListener::from_std(listener).expect("a plain socket");
            axum::serve(listener, app).await.expect("it never ends");
        });
    });
    address
}
