//! The scenarios of connections and of what they go on as.

use std::{
    io::{Read, Write},
    thread,
    time::{Duration, Instant},
};

use http::Version;
use steeple::Outcome;
use steeple_tests::waiting::eventually;
use tokio_tungstenite::tungstenite::{Message, WebSocket};

use crate::{adapter::Adapter, client::Upgraded, expected::seen, records::Seen, stage::Stage};

/// How long what is timed is held open at least.
const HELD: Duration = Duration::from_millis(50);

pub(crate) fn a_connection_is_open_until_it_ends(adapter: &impl Adapter) {
    let stage = Stage::new(adapter);
    let start = Instant::now();
    let clients: Vec<_> = (0..3).map(|_| stage.client()).collect();
    eventually("the connections are open", || {
        stage.open("connections") == 3.0
    });
    thread::sleep(HELD);
    for (index, mut client) in clients.into_iter().enumerate() {
        client.send("GET", "/ok", &[("connection", "keep-alive")], "");
        client.read_until("hello");
        drop(client);
        let left = 2.0 - index as f64;
        eventually("one is gone", || stage.open("connections") == left);
    }
    have_lasted(&stage, "connection", 3, start);
}

pub(crate) fn a_websocket_lasts_until_it_is_closed(adapter: &impl Adapter) {
    let stage = Stage::new(adapter);
    let start = Instant::now();
    let mut socket = open_websocket(&stage, adapter.version());
    socket.close(None).unwrap();
    // Whatever comes, the server ends it.
    while socket.read().is_ok() {}
    ends(&stage, start, socket);
}

pub(crate) fn a_websocket_that_the_client_aborts_is_over(adapter: &impl Adapter) {
    let stage = Stage::new(adapter);
    let start = Instant::now();
    let socket = open_websocket(&stage, adapter.version());
    let connection = socket.into_inner().abort();
    ends(&stage, start, connection);
}

pub(crate) fn a_tunnel_lasts_until_it_is_closed(adapter: &impl Adapter) {
    let stage = Stage::new(adapter);
    let start = Instant::now();
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
    is_held(&stage);
    drop(tunnel);
    ends(&stage, start, ());
}

fn open_websocket(stage: &Stage, version: Version) -> WebSocket<Upgraded> {
    let mut socket = stage.client().websocket("/websocket");
    let (method, status) = match version {
        Version::HTTP_2 => ("CONNECT", 200),
        _ => ("GET", 101),
    };
    stage.settles(Seen {
        method: method.to_owned(),
        upgraded: true,
        ..seen("/websocket", status, 0, Outcome::Success)
    });
    for text in ["hello", "again"] {
        socket.send(Message::text(text)).unwrap();
        assert_eq!(socket.read().unwrap(), Message::text(text));
    }
    is_held(stage);
    socket
}

/// The one upgrade stays open, and is told of when it is over only.
fn is_held(stage: &Stage) {
    thread::sleep(HELD);
    assert_eq!(stage.open("upgrades"), 1.0);
    assert_eq!(stage.durations("upgrade"), (0, 0.0));
}

/// The one upgrade, begun after `start`, ends without its `connection`, and with that all that is open.
fn ends<C>(stage: &Stage, start: Instant, connection: C) {
    eventually("the upgrade is over", || stage.open("upgrades") == 0.0);
    have_lasted(stage, "upgrade", 1, start);
    drop(connection);
    eventually("the connections are gone", || {
        stage.open("connections") == 0.0
    });
    assert_eq!(stage.total("http_server_upgrades_total"), 1);
}

/// `count` of `what` are over; each began after `start`, and was held.
fn have_lasted(stage: &Stage, what: &str, count: u32, start: Instant) {
    // What is over is timed just after it is no longer open.
    eventually("all are timed", || {
        stage.durations(what).0 == u64::from(count)
    });
    let lasted = HELD * count..=start.elapsed() * count;
    let total = Duration::from_secs_f64(stage.durations(what).1);
    assert!(lasted.contains(&total), "{total:?} is not in {lasted:?}");
}
