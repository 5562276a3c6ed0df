use std::{io::Write, net::SocketAddr, pin::pin, sync::Arc, time::Duration};

use tokio::{
    net::{TcpListener, TcpStream},
    sync::{Semaphore, watch},
    task::JoinSet,
    time::{Instant, sleep, timeout_at},
};

use crate::{answer::SECURITY_HEADERS, connection::Server};

const CONNECTIONS: usize = 32;
/// Out of file descriptors, accepting fails at once and again: wait until some are free.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

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
    let mut stop = pin!(stop);
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
