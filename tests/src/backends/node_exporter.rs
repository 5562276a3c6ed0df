//! What tells of the machine by other code than ours.

use std::{net::SocketAddr, time::Duration};

use super::{BackendError, Family, Server, get, parse_exposition};

const PROGRAM: &str = "prometheus-node-exporter";
const START: Duration = Duration::from_secs(30);

/// A node_exporter of Prometheus.
#[derive(Debug)]
pub struct NodeExporter {
    address: SocketAddr,
    _server: Server,
}

impl NodeExporter {
    /// Starts one.
    ///
    /// # Errors
    ///
    /// When it is not here or does not start.
    pub fn start() -> Result<Self, BackendError> {
        let (server, address) = Server::listen(PROGRAM, START, "/", |command, _, address| {
            command.arg(format!("--web.listen-address={address}"));
            Ok(())
        })?;
        Ok(Self {
            address,
            _server: server,
        })
    }

    /// What it tells now.
    ///
    /// # Errors
    ///
    /// When the server does not answer.
    pub fn families(&self) -> Result<Vec<Family>, BackendError> {
        parse_exposition(&get(&format!("http://{}/metrics", self.address))?)
    }
}
