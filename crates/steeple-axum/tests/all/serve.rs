//! Servers whose connections are observed, over real sockets.

use std::{future::pending, net::SocketAddr, time::Duration};

use axum::{Router, extract::ConnectInfo, routing::get};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::oneshot,
    time::timeout,
};

use crate::stage::Stage;

impl Stage {
    /// Waits until so many connections and upgrades are open.
    pub(crate) async fn has_open(&self, connections: f64, upgrades: f64) {
        let open = async {
            while self.gauge("http_server_open_connections") != connections
                || self.gauge("http_server_open_upgrades") != upgrades
            {
                tokio::task::yield_now().await;
            }
        };
        timeout(Duration::from_secs(10), open).await.unwrap();
    }
}

async fn listen() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

async fn ask(stream: &mut TcpStream) {
    let request = b"GET / HTTP/1.1\r\nhost: test\r\n\r\n";
    stream.write_all(request).await.unwrap();
}

#[tokio::test]
async fn handlers_know_the_address_of_the_client() {
    let stage = Stage::new();
    let whoami = async |ConnectInfo(client): ConnectInfo<SocketAddr>| client.to_string();
    let router = Router::new().route("/", get(whoami)).layer(stage.layer());
    let router = router.into_make_service_with_connect_info::<SocketAddr>();
    let (listener, address) = listen().await;
    let server = steeple_axum::serve(&stage.observer, listener, router);
    tokio::spawn(async { server.await.unwrap() });

    let mut stream = TcpStream::connect(address).await.unwrap();
    ask(&mut stream).await;
    let mut answer = vec![0; 1024];
    let length = stream.read(&mut answer).await.unwrap();
    let answer = str::from_utf8(&answer[..length]).unwrap();
    let own = stream.local_addr().unwrap().to_string();
    assert!(answer.ends_with(&own), "{answer}");
    stage.has_open(1.0, 0.0).await;
    drop(stream);
    stage.has_open(0.0, 0.0).await;
}

#[tokio::test]
async fn connections_end_with_their_server() {
    let stage = Stage::new();
    let router = Router::new()
        .route("/", get(pending::<()>))
        .layer(stage.layer());
    let (listener, address) = listen().await;
    let (stop, stopped) = oneshot::channel::<()>();
    let server = steeple_axum::serve(&stage.observer, listener, router)
        .with_graceful_shutdown(async { drop(stopped.await) });
    let server = tokio::spawn(async { server.await.unwrap() });

    let mut busy = TcpStream::connect(address).await.unwrap();
    ask(&mut busy).await;
    let idle = TcpStream::connect(address).await.unwrap();
    stage.has_open(2.0, 0.0).await;
    drop(stop);
    stage.has_open(1.0, 0.0).await;
    drop(busy);
    server.await.unwrap();
    stage.has_open(0.0, 0.0).await;
    drop(idle);
}
