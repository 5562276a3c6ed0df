//! WebSockets over streams of HTTP/2.

use axum::{
    Router,
    body::Body,
    extract::ws::{WebSocket, WebSocketUpgrade},
    http::{Method, Request, StatusCode, Version},
    response::Response,
    routing::any,
};
use hyper::{client::conn::http2::handshake, ext::Protocol};
use hyper_util::rt::{TokioExecutor, TokioIo};
use steeple_core::current;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use crate::stage::Stage;

async fn chat(upgrade: WebSocketUpgrade) -> Response {
    let open = current::upgrade();
    upgrade.on_upgrade(async move |mut socket: WebSocket| {
        let _open = open;
        while let Some(Ok(message)) = socket.recv().await {
            if socket.send(message).await.is_err() {
                break;
            }
        }
    })
}

fn connect() -> Request<Body> {
    Request::builder()
        .method(Method::CONNECT)
        .version(Version::HTTP_2)
        .uri("http://test/chat")
        .header("sec-websocket-version", "13")
        .extension(Protocol::from_static("websocket"))
        .body(Body::empty())
        .unwrap()
}

#[tokio::test]
async fn what_the_handler_holds_tells_when_a_websocket_over_http_2_is_over() {
    let stage = Stage::new();
    let router = Router::new().route("/chat", any(chat)).layer(stage.layer());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = steeple_axum::serve(&stage.observer, listener, router);
    tokio::spawn(async { server.await.unwrap() });

    let stream = TokioIo::new(TcpStream::connect(address).await.unwrap());
    let (mut client, connection) = handshake(TokioExecutor::new(), stream).await.unwrap();
    tokio::spawn(connection);
    let mut sockets = Vec::new();
    for _ in 0..2 {
        let response = client.send_request(connect()).await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        let upgraded = hyper::upgrade::on(response).await.unwrap();
        let mut socket = TokioIo::new(upgraded);
        // A text, masked with zeros.
        socket.write_all(b"\x81\x85\0\0\0\0hello").await.unwrap();
        let mut echo = [0; 7];
        socket.read_exact(&mut echo).await.unwrap();
        assert_eq!(&echo, b"\x81\x05hello");
        sockets.push(socket);
    }
    stage.has_open(1.0, 2.0).await;
    sockets.pop();
    stage.has_open(1.0, 1.0).await;
    sockets.pop();
    stage.has_open(1.0, 0.0).await;
    drop(client);
    stage.has_open(0.0, 0.0).await;
    assert_eq!(stage.total("http_server_upgrades_total"), 2);
}
