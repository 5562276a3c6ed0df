//! A Pushgateway.

use std::{net::SocketAddr, time::Duration};

use super::{BackendError, Server, get};

const PROGRAM: &str = "prometheus-pushgateway";
const START: Duration = Duration::from_secs(30);

/// A Pushgateway that keeps what it is given in memory.
#[derive(Debug)]
pub struct Pushgateway {
    address: SocketAddr,
    _server: Server,
}

impl Pushgateway {
    /// Starts one.
    ///
    /// # Errors
    ///
    /// When it is not here or does not start.
    pub fn start() -> Result<Self, BackendError> {
        let (server, address) =
            Server::listen(PROGRAM, START, "/-/ready", |command, _, address| {
                command
                    .arg(format!("--web.listen-address={address}"))
                    .arg("--persistence.file=");
                Ok(())
            })?;
        Ok(Self {
            address,
            _server: server,
        })
    }

    /// Where it takes pushes, and can be scraped.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What a scrape of it gets.
    ///
    /// # Errors
    ///
    /// When the server does not answer.
    pub fn metrics(&self) -> Result<String, BackendError> {
        get(&format!("http://{}/metrics", self.address))
    }
}
