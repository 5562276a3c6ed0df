//! One observer for all workers of a server.

use std::{
    collections::HashSet,
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    thread,
};

use actix_web::{App, HttpServer, rt, web};

use crate::stage::Stage;

const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nhost: test\r\nconnection: close\r\n\r\n";

fn get(address: SocketAddr) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(REQUEST).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (_, body) = answer.split_once("\r\n\r\n").unwrap();
    body.to_owned()
}

#[actix_web::test]
async fn clones_of_one_middleware_count_together() {
    let stage = Stage::new();
    let observe = stage.observe();
    let worker = async || format!("{:?}", thread::current().id());
    let server = HttpServer::new(move || {
        App::new()
            .wrap(observe.clone())
            .route("/", web::get().to(worker))
    })
    .workers(2)
    .disable_signals()
    .bind("127.0.0.1:0")
    .unwrap();
    let address = server.addrs()[0];
    let server = server.run();
    let handle = server.handle();
    rt::spawn(server);

    let workers = web::block(move || (0..40).map(|_| get(address)).collect::<HashSet<_>>());
    assert_eq!(workers.await.unwrap().len(), 2);
    handle.stop(true).await;
    assert_eq!(stage.records().len(), 40);
    assert_eq!(stage.total("http_server_requests_total"), 40.0);
    assert_eq!(stage.total("http_server_active_requests"), 0.0);
}
