//! A proxy in front of several instances.

use std::{fmt::Write as _, fs, net::SocketAddr, path::Path, time::Duration};

use super::{BackendError, Server};

const START: Duration = Duration::from_secs(30);

/// An nginx that sends requests to several instances in turn, over connections that it keeps.
#[derive(Debug)]
pub struct Nginx {
    address: SocketAddr,
    _server: Server,
}

impl Nginx {
    /// Starts one in front of `instances`; one that refuses a connection is left out for a second.
    ///
    /// # Errors
    ///
    /// When it is not here or does not start. It is ready when an instance answers at the path `ready`.
    pub fn start(instances: &[SocketAddr], ready: &str) -> Result<Self, BackendError> {
        let (server, address) =
            Server::listen("nginx", START, ready, |command, directory, address| {
                let file = directory.join("nginx.conf");
                fs::write(&file, configuration(directory, address, instances))?;
                command.arg("-p").arg(directory).arg("-c").arg(file);
                Ok(())
            })?;
        Ok(Self {
            address,
            _server: server,
        })
    }

    /// Where it takes requests.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

fn configuration(directory: &Path, address: SocketAddr, instances: &[SocketAddr]) -> String {
    let directory = directory.display();
    let mut servers = String::new();
    for instance in instances {
        let _ = writeln!(servers, "server {instance} max_fails=1 fail_timeout=1s;");
    }
    let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
    let temporary = temporary.map(|kind| format!("{kind}_temp_path {directory}/{kind};"));
    format!(
        "daemon off; worker_processes 1; pid {directory}/pid; error_log stderr;
events {{ worker_connections 512; }}
http {{
access_log off; {}
upstream service {{ {servers} keepalive 16; }}
server {{ listen {address}; location / {{
proxy_pass http://service; proxy_http_version 1.1; proxy_set_header Connection \"\"; }} }}
}}
",
        temporary.join(" ")
    )
}
