use std::{
    io::{Read, Write as _},
    net::{TcpListener, TcpStream},
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use steeple_logs::{Marker, Outlet};
use tracing_core::Level;

/// More than anything here takes, however busy the machine is.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) fn marker() -> Marker {
    Arc::new(|lost, line| writeln!(line, "{lost} lost").unwrap())
}

pub(crate) fn push(outlet: &Outlet, line: &str) {
    outlet.push(&Level::INFO, line.as_bytes());
}

pub(crate) fn flush(outlet: &Outlet) {
    assert!(outlet.flush_blocking(PATIENCE).is_complete());
}

pub(crate) fn listen() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    (listener, address)
}

pub(crate) fn accept(listener: &TcpListener) -> TcpStream {
    let (stream, _) = listener.accept().unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream
}

/// What comes, until it ends with `end`.
pub(crate) fn read_to(stream: &mut impl Read, end: &str) -> String {
    let mut text = Vec::new();
    while !text.ends_with(end.as_bytes()) {
        let mut bytes = [0; 4096];
        let read = stream.read(&mut bytes).unwrap();
        assert!(read > 0, "{}", String::from_utf8_lossy(&text));
        text.extend(&bytes[..read]);
    }
    String::from_utf8(text).unwrap()
}

pub(crate) fn eventually(what: &str, mut condition: impl FnMut() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < PATIENCE, "not in time: {what}");
        thread::sleep(Duration::from_millis(5));
    }
}
