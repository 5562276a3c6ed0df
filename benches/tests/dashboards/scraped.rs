//! An application under test, and where its metrics are.

use std::{
    net::{Ipv4Addr, SocketAddr, TcpListener},
    thread,
};

use axum::{Router, routing::get};

/// An application on a socket, until the process ends.
pub(crate) struct Scraped {
    pub(crate) address: SocketAddr,
    pub(crate) metrics: SocketAddr,
    /// What must stay for as long as it serves.
    _kept: Option<steeple::Steeple>,
}

impl Scraped {
    /// A peer, whose metrics `render` tells on a port of their own, so that a scrape is no request of the application.
    pub(crate) fn peer(
        address: SocketAddr,
        render: impl Fn() -> String + Clone + Send + Sync + 'static,
    ) -> Self {
        let router = Router::new().route("/metrics", get(async move || render()));
        Self {
            address,
            metrics: serve(|| router),
            _kept: None,
        }
    }

    pub(crate) fn ours(address: SocketAddr, steeple: steeple::Steeple) -> Self {
        Self {
            address,
            metrics: steeple.ops_addr().expect("a listener"),
            _kept: Some(steeple),
        }
    }
}

/// A free port to listen on.
pub(crate) fn listen() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    let address = listener.local_addr().expect("a bound address");
    (listener, address)
}

/// Serves what `router` makes, on a thread and runtime of its own.
pub(crate) fn serve(router: impl FnOnce() -> Router + Send + 'static) -> SocketAddr {
    let (listener, address) = listen();
    listener.set_nonblocking(true).expect("a plain socket");
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::from_std(listener).expect("a plain socket");
            axum::serve(listener, router())
                .await
                .expect("the server runs until the process ends");
        });
    });
    address
}
