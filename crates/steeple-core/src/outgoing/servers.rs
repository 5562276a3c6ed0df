//! The servers that requests go to, as far as they are told apart.

use crate::{
    insert_map::{InsertMap, Slot},
    label::OTHER,
    outgoing::OutgoingHead,
};

/// How many servers are told apart: an application may call whatever its clients name.
const MOST_SERVERS: usize = 100;
/// How many bytes the name of a host may have.
const LONGEST_HOST: usize = 255;

/// A server by its place among the known ones; none for all others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Server(Option<Slot>);

/// The servers that are told apart: those that were called first.
pub(crate) struct Servers(InsertMap<Box<str>, Address>);

struct Address {
    host: Box<str>,
    port: u16,
}

impl Server {
    /// A number of 16 bits.
    pub(crate) fn code(self) -> u64 {
        self.0.map_or(0, |slot| u64::from(slot.0) + 1)
    }
}

impl Servers {
    pub(crate) fn new() -> Self {
        Self(InsertMap::with_limit(MOST_SERVERS))
    }

    /// The server of a request.
    pub(crate) fn find(&self, head: &OutgoingHead<'_>) -> Server {
        let (host, port) = (head.address(), head.effective_port());
        if host.is_empty() || host.len() > LONGEST_HOST {
            return Server(None);
        }
        let host = host.to_ascii_lowercase();
        let name = format!("{host} {port}");
        let make = || {
            let host = host.as_str().into();
            (name.as_str().into(), Address { host, port })
        };
        let found = self.0.find_or_insert(name.as_str(), make);
        Server(found.map(|(slot, _)| slot))
    }

    /// Host and port, if the server is told apart.
    pub(crate) fn address(&self, server: Server) -> (&str, Option<u16>) {
        let known = server.0.and_then(|slot| self.0.at(slot));
        known.map_or((OTHER, None), |(_, address)| {
            (&address.host, Some(address.port))
        })
    }
}
