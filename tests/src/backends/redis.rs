//! A Redis server.

use std::{net::SocketAddr, ops::Deref, time::Duration};

use super::{BackendError, Server};

const PROGRAM: &str = "redis-server";
const START: Duration = Duration::from_secs(30);

/// A Redis that asks for the password `right`, and keeps what it has in memory.
#[derive(Debug)]
pub struct Redis {
    address: SocketAddr,
    server: Server,
}

impl Redis {
    /// Starts one.
    ///
    /// # Errors
    ///
    /// When it is not here or does not start.
    pub fn start() -> Result<Self, BackendError> {
        let (server, address) = Server::accept(PROGRAM, START, |command, directory, address| {
            command
                .args(["--port", &address.port().to_string()])
                .args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "no"])
                .args(["--requirepass", "right", "--dir"])
                .arg(directory);
            Ok(())
        })?;
        Ok(Self { address, server })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Deref for Redis {
    type Target = Server;

    fn deref(&self) -> &Server {
        &self.server
    }
}
