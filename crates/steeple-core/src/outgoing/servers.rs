//! The servers that requests go to, as far as they are told apart.

use std::io::Write;

use crate::{
    insert_map::{InsertMap, Slot},
    label::OTHER,
    outgoing::OutgoingHead,
};

/// How many servers are told apart: an application may call whatever its clients name.
const MOST_SERVERS: usize = 100;
/// How many more if their hosts are expected.
const MOST_EXPECTED: usize = 100;
/// How many bytes the name of a server may have: of its host 255, a space and the port.
const LONGEST_NAME: usize = 261;

/// A server by its place among the known ones; none for all others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Server(Option<Slot>);

/// The servers that are told apart, by their names: those that answered first, and those that are expected.
pub(crate) struct Servers(InsertMap<Box<str>, ()>);

/// The name of a server that has not answered yet. Names that nobody answers to can be made up without end.
pub(crate) struct Newcomer(Box<str>);

impl Server {
    /// A number of 16 bits.
    pub(crate) fn code(self) -> u64 {
        self.0.map_or(0, |slot| u64::from(slot.0) + 1)
    }
}

impl Servers {
    pub(crate) fn new() -> Self {
        Self(InsertMap::with_limit(MOST_SERVERS + MOST_EXPECTED))
    }

    /// The server of a request if it is told apart: at once if it `is_expected`. If not, and if there is room, what to
    /// [admit](Self::admit) once it answers.
    pub(crate) fn find(
        &self,
        head: &OutgoingHead<'_>,
        is_expected: impl FnOnce() -> bool,
    ) -> (Server, Option<Newcomer>) {
        let Some(name) = Name::of(head) else {
            return (Server(None), None);
        };
        let name = name.as_str();
        if let Some((slot, ())) = self.0.find(name) {
            return (Server(Some(slot)), None);
        }
        if is_expected() {
            return (self.insert(name), None);
        }
        let newcomer = || Newcomer(name.into());
        (Server(None), self.has_room().then(newcomer))
    }

    /// Tells a server apart that answers, if there still is room.
    pub(crate) fn admit(&self, Newcomer(name): &Newcomer) -> Server {
        if self.has_room() {
            return self.insert(name);
        }
        let found = self.0.find(&**name);
        Server(found.map(|(slot, ())| slot))
    }

    /// Host and port, if the server is told apart.
    pub(crate) fn address(&self, server: Server) -> (&str, Option<u16>) {
        let known = server.0.and_then(|slot| self.0.at(slot));
        let split = known.and_then(|(name, ())| name.rsplit_once(' '));
        split.map_or((OTHER, None), |(host, port)| (host, port.parse().ok()))
    }

    fn has_room(&self) -> bool {
        self.0.len() < MOST_SERVERS
    }

    fn insert(&self, name: &str) -> Server {
        let found = self.0.find_or_insert(name, || (name.into(), ()));
        Server(found.map(|(slot, ())| slot))
    }
}

/// The host, in lower case, and the port, without an allocation.
struct Name {
    bytes: [u8; LONGEST_NAME],
    length: usize,
}

impl Name {
    /// None if the host is not known, or longer than any is.
    fn of(head: &OutgoingHead<'_>) -> Option<Self> {
        let host = head.address();
        if host.is_empty() {
            return None;
        }
        let mut bytes = [0; LONGEST_NAME];
        let mut rest = &mut bytes[..];
        write!(rest, "{host} {}", head.effective_port()).ok()?;
        let length = LONGEST_NAME - rest.len();
        bytes[..length].make_ascii_lowercase();
        Some(Self { bytes, length })
    }

    fn as_str(&self) -> &str {
        str::from_utf8(&self.bytes[..self.length]).unwrap_or_default()
    }
}
