//! A MariaDB server.

use std::{fs, net::SocketAddr, ops::Deref, process::Command, time::Duration};

use super::{
    BackendError, Server,
    unprivileged::{prepare, unprivileged},
};

const PROGRAM: &str = "mariadbd";
const START: Duration = Duration::from_secs(60);
const USERS: &str = "CREATE USER ada@'%' IDENTIFIED BY 'right';\nCREATE USER ada@localhost IDENTIFIED BY 'right';\n";

/// A MariaDB that asks for the password `right` of its user `ada`.
#[derive(Debug)]
pub struct MariaDb {
    address: SocketAddr,
    server: Server,
}

impl MariaDb {
    /// Starts one, with a directory of its own.
    ///
    /// # Errors
    ///
    /// When it is not here or does not start.
    pub fn start() -> Result<Self, BackendError> {
        let (server, address) = Server::accept(PROGRAM, START, |command, directory, address| {
            let users = directory.join("users.sql");
            fs::write(&users, USERS)?;
            let data = format!("--datadir={}", directory.join("data").display());
            let mut install = Command::new("mariadb-install-db");
            install.args(["--no-defaults", &data, "--skip-test-db"]);
            install.arg("--auth-root-authentication-method=normal");
            unprivileged(&mut install, directory)?;
            prepare(&mut install)?;
            command
                .args(["--no-defaults", &data, "--bind-address=127.0.0.1"])
                .args(["--skip-log-bin", "--innodb-buffer-pool-size=32M"])
                .arg(format!("--port={}", address.port()))
                .arg(format!("--socket={}", directory.join("socket").display()))
                .arg(format!("--pid-file={}", directory.join("pid").display()))
                .arg(format!("--init-file={}", users.display()));
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

impl Deref for MariaDb {
    type Target = Server;

    fn deref(&self) -> &Server {
        &self.server
    }
}
