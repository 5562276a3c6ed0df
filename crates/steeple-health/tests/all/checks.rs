//! Checks of what is on the network.

#[cfg(any(feature = "http", feature = "redis"))]
use std::net::SocketAddr;
use std::time::Duration;

use futures_executor::block_on;
use steeple_health::{Check, Health, checks};

use crate::PATIENCE;

/// Whether it is up, and why not.
pub(crate) fn told_of(check: Check) -> (bool, String) {
    let check = check.timeout(PATIENCE).cache(Duration::ZERO);
    let health = Health::builder().check("it", check).start().unwrap();
    let is_up = block_on(health.is_ready());
    let failure = health.snapshot().checks.remove(0).last_failure;
    let message = failure.as_ref().and_then(|(_, failure)| failure.message());
    (is_up, message.unwrap_or_default().to_owned())
}

#[cfg(any(feature = "http", feature = "redis"))]
fn nobody() -> SocketAddr {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap()
}

#[test]
fn an_address_is_up_where_connections_are_accepted() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    assert!(told_of(checks::tcp(address.to_string())).0);
    let by_name = format!("localhost:{}", address.port());
    assert!(told_of(checks::tcp(by_name)).0);
    drop(listener);
    let (is_up, message) = told_of(checks::tcp(address.to_string()));
    assert!(!is_up && message.contains("refused"), "{message}");
    assert!(!told_of(checks::tcp("nothing")).0);
}

#[cfg(feature = "http")]
#[test]
fn a_url_is_up_where_it_is_answered_with_success_alone() {
    use std::{
        io::{BufRead, BufReader, Write},
        thread,
    };

    /// Answers each request with the status that its path is.
    fn serve() -> SocketAddr {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
                let first = lines.next().unwrap().unwrap();
                lines
                    .take_while(|line| line.as_ref().is_ok_and(|line| !line.is_empty()))
                    .for_each(drop);
                let status = first.split(['/', ' ']).nth(2).unwrap();
                let head =
                    format!("HTTP/1.1 {status} Told\r\nlocation: /200\r\nconnection: close\r\n");
                stream
                    .write_all(format!("{head}content-length: 2\r\n\r\nok").as_bytes())
                    .unwrap();
            }
        });
        address
    }

    let address = serve();
    let ask = |status: u16| told_of(checks::http(&format!("http://{address}/{status}")).unwrap());
    assert!(ask(200).0 && ask(204).0);
    for status in [302, 404, 429, 503] {
        let (is_up, message) = ask(status);
        assert!(!is_up && message.contains(&status.to_string()), "{message}");
    }
    let gone = format!("http://{}/200", nobody());
    let (is_up, message) = told_of(checks::http(&gone).unwrap());
    assert!(!is_up && message.contains("refused"), "{message}");
    assert!(checks::http("nothing").is_err());
}

#[cfg(feature = "redis")]
#[test]
fn a_redis_that_is_not_there_is_down() {
    let client = redis::Client::open(format!("redis://{}", nobody())).unwrap();
    let (is_up, message) = told_of(checks::redis(&client));
    assert!(!is_up && message.contains("refused"), "{message}");
}
