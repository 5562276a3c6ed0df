//! A syslog daemon.

use std::{fs, net::SocketAddr, time::Duration};

use serde_json::Value;

use super::{BackendError, Server, rsyslog};
use crate::waiting::within;

const MESSAGES: &str = "messages";

/// An [rsyslog](https://www.rsyslog.com) that takes messages by datagrams and over TCP, and writes down what it finds in them.
#[derive(Debug)]
pub struct SyslogDaemon {
    address: SocketAddr,
    server: Server,
}

impl SyslogDaemon {
    /// Starts one.
    ///
    /// # Errors
    ///
    /// When it is not here or does not start.
    pub fn start() -> Result<Self, BackendError> {
        let (server, address) = rsyslog::start(|directory, address| {
            // It listens in the order of the modules: who can connect can send datagrams, too.
            // One worker alone keeps their order.
            format!(
                r#"main_queue(queue.workerThreads="1")
module(load="imudp")
module(load="imtcp")
module(load="mmpstrucdata")
template(name="parsed" type="string" string="%$!all-json-plain%\n")
ruleset(name="parsed") {{
  set $!facility = $syslogfacility-text;
  set $!severity = $syslogseverity-text;
  set $!host = $hostname;
  set $!application = $app-name;
  set $!process = $procid;
  set $!message = $msg;
  action(type="mmpstrucdata")
  action(type="omfile" file="{messages}" template="parsed")
}}
input(type="imudp" address="{ip}" port="{port}" ruleset="parsed")
input(type="imtcp" address="{ip}" port="{port}" ruleset="parsed")
"#,
                messages = directory.join(MESSAGES).display(),
                ip = address.ip(),
                port = address.port(),
            )
        })?;
        Ok(Self { address, server })
    }

    /// Where it takes datagrams, and connections.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Waits until it has `count` messages, and tells what it found in each: `facility`, `severity`, `host`, `application`, `process`,
    /// `message`, and in `rfc5424-sd` structured data.
    ///
    /// # Errors
    ///
    /// When they do not come within `deadline`.
    pub fn messages(&self, count: usize, deadline: Duration) -> Result<Vec<Value>, BackendError> {
        let found = within(deadline, || {
            Some(self.parsed()).filter(|parsed| parsed.len() >= count)
        });
        found.ok_or_else(|| BackendError::TooLate {
            question: format!("{count} messages are there"),
            deadline,
            answer: format!("{}; its log:\n{}", self.parsed().len(), self.server.log()),
        })
    }

    fn parsed(&self) -> Vec<Value> {
        let text = fs::read(self.server.directory().join(MESSAGES)).unwrap_or_default();
        // A line that is being written is none yet.
        let lines = text.split_inclusive(|&byte| byte == b'\n');
        lines
            .filter(|line| line.ends_with(b"\n"))
            .map(|line| serde_json::from_slice(line).unwrap_or_default())
            .collect()
    }
}
