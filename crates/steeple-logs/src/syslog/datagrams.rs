use std::{
    io,
    net::{Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket},
    time::Duration,
};

use memchr::memchr;
use steeple_core::pipeline::{ExportError, Exporter};
use thiserror::Error;
use tokio::net::lookup_host;

use crate::{Lines, progress::Progress, tcp::Address};

/// The most bytes that a datagram has over IPv4.
const LARGEST: usize = 65_507;
/// How long one may wait for room in the system's buffer.
const PATIENCE: Duration = Duration::from_secs(1);

/// Where datagrams go.
#[derive(Clone, Debug)]
pub(super) enum Receiver {
    Udp(Address),
    #[cfg(unix)]
    Unix(std::path::PathBuf),
}

enum Socket {
    Udp(UdpSocket),
    #[cfg(unix)]
    Unix(std::os::unix::net::UnixDatagram),
}

/// Sends each line as a datagram, without its end.
pub(super) struct Datagrams {
    receiver: Receiver,
    socket: Option<Socket>,
    progress: Progress,
    too_large: u64,
}

/// Lines that no datagram holds.
#[derive(Debug, Error)]
#[error("{count} lines have more than the {LARGEST} bytes of a datagram: send them over TCP")]
struct TooLarge {
    count: u64,
}

impl Datagrams {
    pub(super) fn new(receiver: Receiver) -> Self {
        Self {
            receiver,
            socket: None,
            progress: Progress::default(),
            too_large: 0,
        }
    }

    async fn send(&mut self, batch: &[Lines]) -> io::Result<()> {
        let socket = match self.socket.take() {
            Some(socket) => socket,
            None => self.receiver.connect().await?,
        };
        let too_large = &mut self.too_large;
        self.progress.write(batch, |bytes, _| {
            let end = memchr(b'\n', bytes).unwrap_or(bytes.len());
            if end > LARGEST {
                *too_large += 1;
            } else {
                socket.send(&bytes[..end])?;
            }
            Ok((end + 1).min(bytes.len()))
        })?;
        self.socket = Some(socket);
        Ok(())
    }
}

impl Exporter<Lines> for Datagrams {
    async fn export(&mut self, batch: &[Lines]) -> Result<(), ExportError> {
        self.send(batch).await.map_err(ExportError::retryable)?;
        match std::mem::take(&mut self.too_large) {
            0 => Ok(()),
            count => Err(ExportError::partial(count, TooLarge { count })),
        }
    }
}

impl Receiver {
    async fn connect(&self) -> io::Result<Socket> {
        match self {
            Self::Udp(Address { host, port }) => {
                let mut found = lookup_host((host.as_str(), *port)).await?;
                let address = found.next().ok_or(io::ErrorKind::AddrNotAvailable)?;
                let own: SocketAddr = match address {
                    SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
                    SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
                };
                let socket = UdpSocket::bind(own)?;
                socket.connect(address)?;
                socket.set_write_timeout(Some(PATIENCE))?;
                Ok(Socket::Udp(socket))
            }
            #[cfg(unix)]
            Self::Unix(path) => {
                let socket = std::os::unix::net::UnixDatagram::unbound()?;
                socket.connect(path)?;
                socket.set_write_timeout(Some(PATIENCE))?;
                Ok(Socket::Unix(socket))
            }
        }
    }
}

impl Socket {
    fn send(&self, message: &[u8]) -> io::Result<usize> {
        match self {
            Self::Udp(socket) => socket.send(message),
            #[cfg(unix)]
            Self::Unix(socket) => socket.send(message),
        }
    }
}
