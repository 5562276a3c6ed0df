//! A proxy in front of several instances.

use std::{
    fmt::Write as _,
    fs, io,
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use super::{BackendError, Server};

const START: Duration = Duration::from_secs(30);

/// An nginx that sends requests to several instances in turn, over connections that it keeps.
///
/// It tries none again: a request that an instance does not answer has failed.
#[derive(Debug)]
pub struct Nginx {
    address: SocketAddr,
    server: Server,
}

impl Nginx {
    /// Starts one in front of `instances`.
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
        Ok(Self { address, server })
    }

    /// Where it takes requests.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Sends requests that come from now on to the other instances, until it is [put back](Self::put_back).
    ///
    /// # Errors
    ///
    /// When that cannot be written down.
    pub fn take_out(&self, instance: SocketAddr) -> io::Result<()> {
        fs::write(self.mark(instance), [])
    }

    /// Sends requests to an instance again that was [taken out](Self::take_out).
    ///
    /// # Errors
    ///
    /// When it is not taken out.
    pub fn put_back(&self, instance: SocketAddr) -> io::Result<()> {
        fs::remove_file(self.mark(instance))
    }

    /// The file that is there while the instance is taken out.
    fn mark(&self, instance: SocketAddr) -> PathBuf {
        self.server.directory().join(without(instance))
    }
}

/// The name of the other instances, and of the file that says they alone get requests: nginx looks for it at each request.
fn without(instance: SocketAddr) -> String {
    format!("without-{}", instance.port())
}

fn configuration(directory: &Path, address: SocketAddr, instances: &[SocketAddr]) -> String {
    let directory = directory.display();
    let mut upstreams = upstream("all", instances.iter());
    let mut choice = "set $to all;".to_owned();
    for instance in instances {
        let name = without(*instance);
        upstreams += &upstream(&name, instances.iter().filter(|other| *other != instance));
        let _ = write!(choice, "if (-f {directory}/{name}) {{ set $to {name}; }}");
    }
    let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
    let temporary = temporary.map(|kind| format!("{kind}_temp_path {directory}/{kind};"));
    format!(
        "daemon off; user root; worker_processes 1; pid {directory}/pid; error_log stderr;
events {{ worker_connections 512; }}
http {{
access_log off; {}
{upstreams}
server {{ listen {address}; {choice} location / {{
proxy_pass http://$to; proxy_next_upstream off; proxy_http_version 1.1; proxy_set_header Connection \"\"; }} }}
}}
",
        temporary.join(" ")
    )
}

fn upstream<'a>(name: &str, instances: impl Iterator<Item = &'a SocketAddr>) -> String {
    let servers: String = instances
        .map(|instance| format!("server {instance} max_fails=0; "))
        .collect();
    format!("upstream {name} {{ {servers}keepalive 16; }}\n")
}
