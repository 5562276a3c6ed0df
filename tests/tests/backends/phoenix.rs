//! The trace backend of the harness.

use std::net::TcpStream;

use steeple_tests::backends::Phoenix;

#[test]
#[ignore = "needs real servers: cargo xtask test"]
fn it_is_asked_for_traces_until_it_is_dropped() {
    let phoenix = Phoenix::start().unwrap();
    let transports = [phoenix.grpc(), phoenix.http()];
    assert!(
        transports
            .iter()
            .all(|address| TcpStream::connect(address).is_ok())
    );
    assert!(phoenix.spans(&"ab".repeat(16)).unwrap().is_empty());
    drop(phoenix);
    assert!(
        transports
            .iter()
            .all(|address| TcpStream::connect(address).is_err())
    );
}
