//! A shipper of log lines.

use std::{
    fs,
    net::{SocketAddr, TcpStream},
    path::Path,
    time::Duration,
};

use super::{BackendError, Server, free_address, program::could_not_run};

const PROGRAM: &str = "rsyslogd-elasticsearch";
const START: Duration = Duration::from_secs(30);

/// An [rsyslog](https://www.rsyslog.com) that ships lines of JSON to Elasticsearch: those of a file, and those that come by TCP.
#[derive(Debug)]
pub struct Rsyslog {
    tcp: SocketAddr,
    server: Server,
}

impl Rsyslog {
    /// Starts one that follows `file` and ships its lines into the data stream `of_file` of the Elasticsearch at `to`, and what comes by
    /// TCP into `of_tcp`.
    ///
    /// # Errors
    ///
    /// When it is not here or does not start.
    pub fn shipping(
        file: &Path,
        to: SocketAddr,
        of_file: &str,
        of_tcp: &str,
    ) -> Result<Self, BackendError> {
        let (server, tcp) = start(|directory, address| {
            let file_rules = rules("file", "%msg%", to, of_file, directory);
            // Without a header of syslog's, a parser would take the beginning of a line for one.
            let tcp_rules = rules("tcp", "%rawmsg%", to, of_tcp, directory);
            format!(
                r#"module(load="imfile" mode="inotify")
module(load="imtcp")
module(load="omelasticsearch")
{file_rules}{tcp_rules}
input(type="imfile" file="{}" tag="app" ruleset="file" freshStartTail="off")
input(type="imtcp" address="{}" port="{}" ruleset="tcp")
"#,
                file.display(),
                address.ip(),
                address.port(),
            )
        })?;
        Ok(Self { tcp, server })
    }

    /// Where it takes lines by TCP.
    #[must_use]
    pub fn tcp(&self) -> SocketAddr {
        self.tcp
    }

    /// What Elasticsearch refused, with its answers.
    #[must_use]
    pub fn errors(&self) -> String {
        fs::read_to_string(self.server.directory().join("errors")).unwrap_or_default()
    }
}

/// Starts one with the configuration made for its directory and the address at which it is to take connections.
pub(super) fn start(
    configuration: impl FnOnce(&Path, SocketAddr) -> String,
) -> Result<(Server, SocketAddr), BackendError> {
    let address = free_address().map_err(|source| could_not_run(PROGRAM, source))?;
    let server = Server::start(
        PROGRAM,
        START,
        |command, directory| {
            let global = format!(
                "global(workDirectory=\"{}\" maxMessageSize=\"256k\")\n",
                directory.display()
            );
            let file = directory.join("rsyslog.conf");
            fs::write(&file, global + &configuration(directory, address))?;
            command
                .args(["-n", "-f"])
                .arg(file)
                .arg("-i")
                .arg(directory.join("pid"));
            Ok(())
        },
        || TcpStream::connect(address).is_ok(),
    )?;
    Ok((server, address))
}

fn rules(name: &str, text: &str, to: SocketAddr, index: &str, directory: &Path) -> String {
    let (server, port, errors) = (to.ip(), to.port(), directory.join("errors"));
    format!(
        r#"template(name="{name}" type="string" string="{text}")
ruleset(name="{name}" queue.type="LinkedList" queue.size="20000" queue.dequeueBatchSize="200" queue.timeoutEnqueue="60000") {{
  action(type="omelasticsearch" server="{server}" serverport="{port}" searchIndex="{index}" searchType="" template="{name}"
         bulkmode="on" esVersion.major="8" writeoperation="create" errorfile="{errors}"
         action.resumeRetryCount="-1" action.resumeInterval="1")
}}
"#,
        errors = errors.display(),
    )
}
