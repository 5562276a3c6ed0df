use std::{net::UdpSocket, time::Duration};

use steeple_core::pipeline::DropReason;
use steeple_logs::{Destination, Facility, Outlet, Syslog};
use tracing_core::Level;

use crate::support::{PATIENCE, accept, eventually, flush, listen, marker, push, read_to};

fn start(syslog: Syslog) -> Outlet {
    let syslog = syslog
        .facility(Facility::Local0)
        .host("host")
        .application("shop")
        .structured_data("shop@32473", [("region", "eu \"1\"")]);
    syslog.start(marker()).unwrap()
}

/// The priority of a message, and what is behind its time.
fn parts(message: &str) -> (&str, String) {
    let (priority, rest) = message.split_once(">1 ").unwrap();
    let (time, rest) = rest.split_once(' ').unwrap();
    assert!(time.ends_with('Z') && time.len() == 27, "{time}");
    let own = format!("host shop {} - ", std::process::id());
    (priority, rest.strip_prefix(&own).unwrap().to_owned())
}

fn receive(socket: &UdpSocket) -> String {
    let mut bytes = vec![0; 1 << 16];
    let length = socket.recv(&mut bytes).unwrap();
    bytes.truncate(length);
    String::from_utf8(bytes).unwrap()
}

fn udp() -> (UdpSocket, String) {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    let address = socket.local_addr().unwrap().to_string();
    (socket, address)
}

const DATA: &str = r#"[shop@32473 region="eu \"1\""] "#;

#[test]
fn each_line_is_a_datagram_as_severe_as_its_level() {
    let (socket, address) = udp();
    let outlet = start(Syslog::udp(address));
    outlet.push(&Level::ERROR, b"one\n");
    outlet.push(&Level::DEBUG, b"two\n");
    for (priority, text) in [("<131", "one"), ("<135", "two")] {
        let message = receive(&socket);
        assert_eq!(parts(&message), (priority, format!("{DATA}{text}")));
    }
    flush(&outlet);
}

#[test]
fn a_line_that_no_datagram_holds_is_dropped_and_told_of() {
    let (socket, address) = udp();
    let outlet = start(Syslog::udp(address));
    push(&outlet, "one\n");
    push(&outlet, &format!("{}\n", "x".repeat(65_500)));
    push(&outlet, "two\n");
    for text in ["one", "two", "1 lost"] {
        assert_eq!(parts(&receive(&socket)).1, format!("{DATA}{text}"));
    }
    flush(&outlet);
    let figures = outlet.accounting();
    assert_eq!(
        (figures.exported, figures.dropped(DropReason::Rejected)),
        (2, 1)
    );
}

#[test]
fn over_a_connection_the_length_is_before_each_message() {
    let (listener, address) = listen();
    let outlet = start(Syslog::tcp(address));
    push(&outlet, "one\n");
    push(&outlet, "and two\n");
    let mut stream = accept(&listener);
    let mut text = read_to(&mut stream, "and two");
    for expected in ["one", "and two"] {
        let (length, rest) = text.split_once(' ').unwrap();
        let (message, rest) = rest.split_at(length.parse().unwrap());
        assert_eq!(parts(message), ("<134", format!("{DATA}{expected}")));
        text = rest.to_owned();
    }
    assert_eq!(text, "");
}

#[cfg(unix)]
#[test]
fn a_daemon_that_is_started_again_gets_what_waited_for_it() {
    use std::os::unix::net::UnixDatagram;

    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("log");
    let outlet = start(Syslog::unix(&path));
    for text in ["one", "two"] {
        push(&outlet, &format!("{text}\n"));
        // As long as nobody is there.
        eventually("it waits", || outlet.accounting().queued == 1);
        std::thread::sleep(Duration::from_millis(100));
        let socket = UnixDatagram::bind(&path).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut bytes = [0; 1024];
        let length = socket.recv(&mut bytes).unwrap();
        let message = std::str::from_utf8(&bytes[..length]).unwrap();
        assert_eq!(parts(message).1, format!("{DATA}{text}"));
        flush(&outlet);
        std::fs::remove_file(&path).unwrap();
    }
}
