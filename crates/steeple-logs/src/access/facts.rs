//! What lines tell of a request, without secrets.

use std::cell::Cell;

use steeple_core::{KeptHead, RequestRecord};

use super::{ClientAddress, address::AddressText};
use crate::shared::Shared;

/// Where texts are written that differ from what was sent: those of a thread, which are used again.
#[derive(Default)]
pub(super) struct Rooms {
    path: String,
    query: String,
    agent: String,
    referrer: String,
    error: String,
    pub(super) message: String,
    agents: KnownAgents,
}

/// Clients that hold no secret: there are few, and most of what a redaction would look at is what they are called.
#[derive(Default)]
struct KnownAgents([KnownAgent; 32]);

#[derive(Default)]
struct KnownAgent {
    agent: String,
    by: u64,
}

impl KnownAgents {
    /// What `redact` makes of what a client is called, unless it is known that it makes nothing else of it. `by` says who redacts.
    fn redacted<'a>(
        &mut self,
        agent: &'a str,
        by: u64,
        redact: impl FnOnce(&'a str) -> &'a str,
    ) -> &'a str {
        // Clients differ in the versions at the end, or in their lengths.
        let last = agent.bytes().last().unwrap_or_default();
        let known = &mut self.0[(agent.len() ^ usize::from(last)) % 32];
        if known.agent == agent && known.by == by {
            return agent;
        }
        let redacted = redact(agent);
        if redacted == agent {
            known.agent.clear();
            known.agent.push_str(agent);
            known.by = by;
        }
        redacted
    }
}

thread_local! {
    static ROOMS: Cell<Option<Box<Rooms>>> = const { Cell::new(None) };
}

impl Rooms {
    /// Lends the thread's to `f`.
    pub(super) fn lend<R>(f: impl FnOnce(&mut Self) -> R) -> R {
        let mut rooms = ROOMS
            .try_with(Cell::take)
            .ok()
            .flatten()
            .unwrap_or_default();
        let result = f(&mut rooms);
        let _ = ROOMS.try_with(|kept| kept.set(Some(rooms)));
        result
    }
}

/// What lines tell of a request besides the figures of its record.
pub(super) struct Facts<'a> {
    pub(super) method: &'a str,
    pub(super) path: &'a str,
    pub(super) query: Option<&'a str>,
    /// Without a port.
    pub(super) domain: &'a str,
    pub(super) agent: &'a str,
    pub(super) referrer: Option<&'a str>,
    pub(super) client: Option<AddressText>,
    /// What a failure says.
    pub(super) error: Option<&'a str>,
}

impl<'a> Facts<'a> {
    pub(super) fn of(
        record: &'a RequestRecord<'_>,
        shared: &'a Shared,
        client: ClientAddress,
        rooms: &'a mut Rooms,
    ) -> Self {
        let Some(head) = record.head else {
            return Self::of_no_head(record);
        };
        let redaction = &shared.redaction;
        let error = (record.error.map(|error| &error.message))
            .or_else(|| record.panic.map(|panic| &panic.message));
        let referrer = head.headers().find(|(name, _)| *name == "referer");
        Self {
            method: method(record, head),
            path: redaction.text(head.path(), &mut rooms.path),
            query: head
                .query()
                .map(|query| redaction.query(query, &mut rooms.query)),
            domain: without_port(head.host()),
            agent: (rooms.agents).redacted(head.user_agent(), shared.number, |agent| {
                redaction.text(agent, &mut rooms.agent)
            }),
            referrer: referrer.map(|(_, url)| redaction.text(url, &mut rooms.referrer)),
            client: (head.peer())
                .and_then(|peer| client.of(peer.ip()))
                .map(AddressText::of),
            error: error.map(|error| redaction.text(error, &mut rooms.error)),
        }
    }

    /// Those of an observer that keeps none.
    fn of_no_head(record: &'a RequestRecord<'_>) -> Self {
        Self {
            method: record.method(),
            path: record.route(),
            query: None,
            domain: "",
            agent: "",
            referrer: None,
            client: None,
            error: None,
        }
    }
}

/// As sent, where it is none of those that are known.
fn method<'a>(record: &'a RequestRecord<'_>, head: &'a KeptHead) -> &'a str {
    match record.method() {
        "_OTHER" => head.method(),
        known => known,
    }
}

/// The host of an authority.
fn without_port(authority: &str) -> &str {
    // An address of IPv6 has colons, and brackets around it.
    let host = authority.trim_end_matches(|end: char| end.is_ascii_digit());
    host.strip_suffix(':').unwrap_or(authority)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_has_no_port() {
        for (authority, host) in [
            ("shop.example:8080", "shop.example"),
            ("shop.example", "shop.example"),
            ("[::1]:80", "[::1]"),
            ("[::1]", "[::1]"),
            ("", ""),
        ] {
            assert_eq!(without_port(authority), host);
        }
    }
}
