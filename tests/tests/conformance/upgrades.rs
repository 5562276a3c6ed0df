//! The scenarios of connections and of what they go on as.

use std::{
    io::{Read, Write},
    net::TcpStream,
};

use steeple::Outcome;
use steeple_tests::waiting::eventually;
use tokio_tungstenite::tungstenite::{Message, WebSocket};

use crate::{adapter::Adapter, client::reset, expected::seen, records::Seen, stage::Stage};

pub(crate) fn a_connection_is_open_until_it_ends(adapter: &impl Adapter) {
    let stage = Stage::new(adapter);
    let clients: Vec<_> = (0..3).map(|_| stage.client()).collect();
    eventually("the connections are open", || {
        stage.open("connections") == 3.0
    });
    for (index, mut client) in clients.into_iter().enumerate() {
        client.send("GET", "/ok", &[("connection", "keep-alive")], "");
        client.read_until("hello");
        drop(client);
        let left = 2.0 - index as f64;
        eventually("one is gone", || stage.open("connections") == left);
    }
    assert_eq!(stage.durations("connection"), 3);
}

pub(crate) fn a_websocket_lasts_until_it_is_closed(adapter: &impl Adapter) {
    let stage = Stage::new(adapter);
    let mut socket = open_websocket(&stage);
    socket.close(None).unwrap();
    // Whatever comes, the server ends it.
    while socket.read().is_ok() {}
    ends(&stage);
}

pub(crate) fn a_websocket_that_the_client_aborts_is_over(adapter: &impl Adapter) {
    let stage = Stage::new(adapter);
    let socket = open_websocket(&stage);
    reset(socket.get_ref());
    drop(socket);
    ends(&stage);
}

pub(crate) fn a_tunnel_lasts_until_it_is_closed(adapter: &impl Adapter) {
    let stage = Stage::new(adapter);
    let mut client = stage.http1_client();
    client.connect_to("example.test:443");
    assert!(client.read_until("\r\n\r\n").starts_with("HTTP/1.1 200"));
    let mut tunnel = client.into_stream();
    stage.settles(Seen {
        method: "CONNECT".to_owned(),
        upgraded: true,
        ..seen("_UNMATCHED", 200, 0, Outcome::Success)
    });
    tunnel.write_all(b"through").unwrap();
    let mut echo = [0; 7];
    tunnel.read_exact(&mut echo).unwrap();
    assert_eq!(&echo, b"through");
    assert_eq!(stage.open("upgrades"), 1.0);
    drop(tunnel);
    ends(&stage);
}

fn open_websocket(stage: &Stage) -> WebSocket<TcpStream> {
    let mut socket = stage.http1_client().websocket("/websocket");
    stage.settles(Seen {
        upgraded: true,
        ..seen("/websocket", 101, 0, Outcome::Success)
    });
    for text in ["hello", "again"] {
        socket.send(Message::text(text)).unwrap();
        assert_eq!(socket.read().unwrap(), Message::text(text));
    }
    assert_eq!(stage.open("upgrades"), 1.0);
    assert_eq!(stage.durations("upgrade"), 0);
    socket
}

/// The one upgrade ends, and with it all that is open.
fn ends(stage: &Stage) {
    eventually("the upgrade is over", || stage.open("upgrades") == 0.0);
    eventually("the connections are gone", || {
        stage.open("connections") == 0.0
    });
    assert_eq!(stage.durations("upgrade"), 1);
    assert_eq!(stage.total("http_server_upgrades_total"), 1);
}
