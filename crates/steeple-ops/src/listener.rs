use std::{
    io::{self, Write},
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use tokio::{
    net::{TcpListener, TcpSocket, TcpStream},
    sync::{Semaphore, watch},
    task::JoinSet,
    time::{Instant, sleep, timeout_at},
};

use crate::{answer::SECURITY_HEADERS, connection::Server, error::BindError};

/// Where Prometheus exporters of OpenTelemetry listen
/// ([specification](https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/#prometheus-exporter)).
pub(crate) const DEFAULT_ADDRESS: SocketAddr =
    SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 9464);

const CONNECTIONS: usize = 32;
const BACKLOG: u32 = 128;
/// Bounds what the kernel holds for a client that does not read, so that the write timeout sees it.
const SEND_BUFFER_BYTES: u32 = 64 * 1024;
/// Out of file descriptors, accepting fails at once and again: wait until some are free.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

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

/// Accepts connections until `stop` resolves to a deadline, then lets them end until that deadline;
/// returns how many had to be cut off.
pub(crate) async fn accept_until(
    listener: TcpListener,
    server: Arc<Server>,
    stop: impl Future<Output = Instant>,
) -> usize {
    let slots = Arc::new(Semaphore::new(CONNECTIONS));
    let (stopping, stopping_seen) = watch::channel(false);
    let refusal = refusal();
    let mut connections = JoinSet::new();
    let mut stop = std::pin::pin!(stop);
    let deadline = loop {
        let (stream, peer) = tokio::select! {
            biased;
            deadline = &mut stop => break deadline,
            accepted = accept(&listener, &server) => accepted,
        };
        while connections.try_join_next().is_some() {}
        let Ok(slot) = Arc::clone(&slots).try_acquire_owned() else {
            server.counts.rejected_connection();
            refuse(stream, &refusal);
            continue;
        };
        let served = Arc::clone(&server).serve(stream, peer, stopping_seen.clone());
        connections.spawn(async move {
            served.await;
            drop(slot);
        });
    };
    drop(listener);
    stopping.send_replace(true);
    let ended = async { while connections.join_next().await.is_some() {} };
    let _ = timeout_at(deadline, ended).await;
    let cut = connections.len();
    connections.shutdown().await;
    cut
}

async fn accept(listener: &TcpListener, server: &Server) -> (TcpStream, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok(accepted) => return accepted,
            Err(_) => {
                server.counts.accept_error();
                sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

/// Answers in one write that never waits; a client that has not read it when the connection closes
/// may miss it.
fn refuse(stream: TcpStream, refusal: &str) {
    if let Ok(mut stream) = stream.into_std() {
        let _ = stream.write(refusal.as_bytes());
    }
}

fn refusal() -> String {
    let body = "too many connections\n";
    let headers: String = SECURITY_HEADERS
        .iter()
        .map(|(name, value)| format!("{name}: {value}\r\n"))
        .collect();
    format!(
        "HTTP/1.1 503 Service Unavailable\r\n{headers}content-type: text/plain; charset=utf-8\r\n\
         content-length: {}\r\nretry-after: 1\r\nconnection: close\r\n\r\n{body}",
        body.len()
    )
}
