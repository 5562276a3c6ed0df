use std::{
    io,
    net::{IpAddr, Ipv4Addr, SocketAddr},
};

use tokio::net::{TcpListener, TcpSocket};

use crate::error::BindError;

/// Where Prometheus exporters of OpenTelemetry listen
/// ([specification](https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/#prometheus-exporter)).
pub(crate) const DEFAULT_ADDRESS: SocketAddr =
    SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 9464);

const BACKLOG: u32 = 128;
/// Bounds what the kernel holds for a client that does not read, so that the write timeout sees it.
const SEND_BUFFER_BYTES: u32 = 64 * 1024;

/// Listens on a configured address, or on the default one and, where that is busy, on any free port.
pub(crate) fn listen(configured: Option<SocketAddr>) -> Result<TcpListener, BindError> {
    let address = configured.unwrap_or(DEFAULT_ADDRESS);
    match open(address) {
        Err(source) if source.kind() == io::ErrorKind::AddrInUse => match configured {
            Some(_) => Err(BindError::AddressInUse { address, source }),
            None => open(SocketAddr::new(address.ip(), 0))
                .map_err(|source| BindError::Address { address, source }),
        },
        opened => opened.map_err(|source| BindError::Address { address, source }),
    }
}

fn open(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4(),
        SocketAddr::V6(_) => TcpSocket::new_v6(),
    }?;
    // Elsewhere than on Windows it only skips the wait after an earlier listener; there it would let
    // two processes share the port.
    #[cfg(not(windows))]
    socket.set_reuseaddr(true)?;
    socket.set_send_buffer_size(SEND_BUFFER_BYTES)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}
