//! The collector of the harness.

use std::net::{SocketAddr, TcpStream};

use steeple_tests::backends::Rotel;

#[test]
#[ignore = "needs real servers: cargo xtask test"]
fn it_takes_otlp_over_both_transports_until_it_is_dropped() {
    let rotel = Rotel::sending_to("http://127.0.0.1:9").unwrap();
    let transports = [rotel.grpc(), rotel.http()];
    let listens = |address: SocketAddr| TcpStream::connect(address).is_ok();
    assert_eq!(transports.map(listens), [true; 2]);
    drop(rotel);
    assert_eq!(transports.map(listens), [false; 2]);
}
