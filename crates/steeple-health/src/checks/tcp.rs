use tokio::net::TcpStream;

use crate::Check;

/// That connections are accepted at an address such as `mail.example:25`. Nothing is sent.
pub fn tcp(address: impl Into<String>) -> Check {
    let address = address.into();
    Check::asking(move || TcpStream::connect(address.clone()))
}
