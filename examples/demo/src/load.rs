//! A crowd of customers on loopback.

use std::{error::Error, net::SocketAddr, time::Duration};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{Method, Request, client::conn::http1};
use hyper_util::rt::TokioIo;
use tokio::{net::TcpStream, task::JoinSet, time::sleep};

/// How many customers there are. Each has one connection and thinks 10 to 30 ms between two requests.
const CUSTOMERS: usize = 20;

/// Method, path and how often of a hundred times.
const HABITS: [(Method, &str, u32); 9] = [
    (Method::GET, "/shop/items", 40),
    (Method::GET, "/shop/items/apple", 20),
    (Method::GET, "/shop/items/unicorn", 5),
    (Method::POST, "/shop/cart", 15),
    (Method::POST, "/shop/checkout", 10),
    (Method::GET, "/shop/export", 3),
    (Method::GET, "/shop/report", 3),
    (Method::GET, "/shop/legacy", 1),
    (Method::GET, "/no/such/page", 3),
];

pub(crate) async fn run(address: SocketAddr) {
    let mut customers = JoinSet::new();
    customers.spawn(async move { listen_to_events(address).await });
    for _ in 0..CUSTOMERS {
        customers.spawn(async move {
            loop {
                // A broken connection is a customer who comes again.
                let _ = visit(address).await;
                sleep(Duration::from_millis(100)).await;
            }
        });
    }
    customers.join_all().await;
}

async fn visit(address: SocketAddr) -> Result<(), Box<dyn Error + Send + Sync>> {
    let (mut sender, connection) =
        http1::handshake(TokioIo::new(TcpStream::connect(address).await?)).await?;
    let connection = tokio::spawn(connection);
    while !connection.is_finished() {
        let (method, path) = pick();
        sender.ready().await?;
        let mut response = sender.send_request(request(method, path, address)?).await?;
        while let Some(frame) = response.frame().await {
            frame?;
        }
        sleep(Duration::from_millis(fastrand::u64(10..30))).await;
    }
    Ok(())
}

/// Opens the endless stream and goes away after a while, again and again.
async fn listen_to_events(address: SocketAddr) {
    loop {
        let _ = tokio::time::timeout(Duration::from_secs(3), async {
            let (mut sender, connection) =
                http1::handshake(TokioIo::new(TcpStream::connect(address).await?)).await?;
            // Not spawned: with this future the connection goes.
            let response = async {
                let mut response = sender
                    .send_request(request(Method::GET, "/shop/events", address)?)
                    .await?;
                while response.frame().await.is_some() {}
                Ok::<_, Box<dyn Error + Send + Sync>>(())
            };
            tokio::select! {
                answered = response => answered,
                closed = connection => Ok(closed?),
            }
        })
        .await;
        sleep(Duration::from_millis(500)).await;
    }
}

fn request(
    method: Method,
    path: &str,
    address: SocketAddr,
) -> Result<Request<Full<Bytes>>, Box<dyn Error + Send + Sync>> {
    let body = if method == Method::POST {
        Full::from("a pound of plums")
    } else {
        Full::default()
    };
    Ok(Request::builder()
        .method(method)
        .uri(path)
        .header("host", address.to_string())
        .body(body)?)
}

fn pick() -> (Method, &'static str) {
    let mut choice = fastrand::u32(0..HABITS.iter().map(|(_, _, often)| often).sum());
    for (method, path, often) in &HABITS {
        match choice.checked_sub(*often) {
            Some(rest) => choice = rest,
            None => return (method.clone(), path),
        }
    }
    (Method::GET, "/shop/items")
}
