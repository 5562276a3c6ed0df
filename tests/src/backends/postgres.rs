//! A PostgreSQL server.

use std::{fs, net::SocketAddr, ops::Deref, process::Command, time::Duration};

use super::{
    BackendError, Server,
    unprivileged::{prepare, unprivileged},
};

const PROGRAM: &str = "postgres";
const START: Duration = Duration::from_secs(60);

/// A PostgreSQL that asks for the password `right` of its user `ada`, and logs each statement.
#[derive(Debug)]
pub struct Postgres {
    address: SocketAddr,
    server: Server,
}

impl Postgres {
    /// Starts one, with a cluster of its own. It accepts connections, and may still say that it is starting up.
    ///
    /// # Errors
    ///
    /// When it is not here or does not start.
    pub fn start() -> Result<Self, BackendError> {
        let (server, address) = Server::accept(PROGRAM, START, |command, directory, address| {
            let (data, password) = (directory.join("data"), directory.join("password"));
            fs::write(&password, "right")?;
            let mut initdb = Command::new("initdb");
            initdb
                .arg("-D")
                .arg(&data)
                .arg("--pwfile")
                .arg(&password)
                .args(["-U", "ada", "-A", "scram-sha-256", "-E", "UTF8"])
                .args(["--locale=C", "--no-sync"]);
            unprivileged(&mut initdb, directory)?;
            prepare(&mut initdb)?;
            command
                .arg("-D")
                .arg(&data)
                .arg("-k")
                .arg(directory)
                .args(["-p", &address.port().to_string()])
                .args(["-c", "listen_addresses=127.0.0.1", "-c", "fsync=off"])
                .args(["-c", "shared_buffers=32MB", "-c", "log_statement=all"]);
            unprivileged(command, directory)
        })?;
        Ok(Self { address, server })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Deref for Postgres {
    type Target = Server;

    fn deref(&self) -> &Server {
        &self.server
    }
}
