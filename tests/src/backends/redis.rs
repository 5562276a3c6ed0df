//! A Redis server.

use std::{
    net::{SocketAddr, TcpStream},
    ops::Deref,
    time::Duration,
};

use super::{BackendError, Server, free_address, program::could_not_run};

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
        let address = free_address().map_err(|source| could_not_run(PROGRAM, source))?;
        let server = Server::start(
            PROGRAM,
            START,
            |command, directory| {
                command
                    .args(["--port", &address.port().to_string()])
                    .args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "no"])
                    .args(["--requirepass", "right", "--dir"])
                    .arg(directory);
                Ok(())
            },
            || TcpStream::connect(address).is_ok(),
        )?;
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
