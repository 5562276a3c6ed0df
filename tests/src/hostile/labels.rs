//! The label attack: whatever a client may choose, chosen at random.

use std::{fmt::Write, io, net::SocketAddr};

use super::pipelined;

/// Requests with random paths, methods and hosts over pipelined keep-alive connections.
///
/// A server that turns any of them into a label value gets as many series as there are requests.
#[derive(Debug, Clone, Copy)]
pub struct LabelAttack {
    /// How many requests.
    pub requests: u64,
    /// Over how many connections.
    pub connections: u64,
    /// The one path of all of them; otherwise each has a path of its own.
    pub path: Option<&'static str>,
    /// Whether each has a method of its own; otherwise `GET`.
    pub methods: bool,
    /// Whether each has a `Host` of its own; otherwise the server's address.
    pub hosts: bool,
}

impl LabelAttack {
    /// All of them random, over 32 connections: servers that leave Nagle's algorithm on take 40 ms for each batch.
    #[must_use]
    pub fn of(requests: u64) -> Self {
        Self {
            requests,
            connections: 32,
            path: None,
            methods: true,
            hosts: true,
        }
    }

    /// Sends them and returns how many were answered.
    ///
    /// # Errors
    ///
    /// When the server cannot be reached, closes a connection or answers with anything but HTTP.
    pub fn run(&self, address: SocketAddr) -> io::Result<u64> {
        pipelined(address, self.requests, self.connections, |batch, random| {
            self.write(batch, address, random)
        })
    }

    fn write(&self, batch: &mut String, address: SocketAddr, random: &mut fastrand::Rng) {
        let mut token = || random.u64(..);
        let method = if self.methods {
            format!("M{:X}", token())
        } else {
            "GET".to_owned()
        };
        let path = match self.path {
            Some(path) => path.to_owned(),
            None => format!("/{:x}/{:x}", token(), token()),
        };
        let host = if self.hosts {
            format!("h{:x}.example", token())
        } else {
            address.to_string()
        };
        // Writing into a String does not fail.
        let _ = write!(batch, "{method} {path} HTTP/1.1\r\nHost: {host}\r\n\r\n");
    }
}
