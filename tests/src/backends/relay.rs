//! A slow way to a server.

use std::{
    io::{self, Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::SeqCst},
    },
    thread,
    time::Duration,
};

/// Passes connections on to another address, until the process ends, and what comes back after a while.
#[derive(Debug)]
pub struct Relay {
    address: SocketAddr,
    millis: Arc<AtomicU64>,
}

impl Relay {
    /// One to `target`, that takes no time at first.
    ///
    /// # Errors
    ///
    /// When the system has no port left.
    pub fn to(target: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let millis = Arc::<AtomicU64>::default();
        let pause = millis.clone();
        thread::spawn(move || {
            for client in listener.incoming() {
                // One that goes away is no concern of the others.
                let _ = client.and_then(|client| pass_on(client, target, &pause));
            }
        });
        Ok(Self { address, millis })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Has each answer wait for so long.
    pub fn delay(&self, pause: Duration) {
        let millis = u64::try_from(pause.as_millis()).unwrap_or(u64::MAX);
        self.millis.store(millis, SeqCst);
    }
}

fn pass_on(client: TcpStream, target: SocketAddr, pause: &Arc<AtomicU64>) -> io::Result<()> {
    let server = TcpStream::connect(target)?;
    let (from, to) = (client.try_clone()?, server.try_clone()?);
    thread::spawn(move || copy(from, to, || {}));
    let pause = pause.clone();
    thread::spawn(move || {
        copy(server, client, || {
            thread::sleep(Duration::from_millis(pause.load(SeqCst)));
        });
    });
    Ok(())
}

/// Until one end is gone, which the other is told.
fn copy(mut from: TcpStream, mut to: TcpStream, wait: impl Fn()) {
    let mut buffer = [0; 4096];
    while let Ok(length @ 1..) = from.read(&mut buffer) {
        wait();
        if to.write_all(&buffer[..length]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(std::net::Shutdown::Both);
    let _ = from.shutdown(std::net::Shutdown::Both);
}
