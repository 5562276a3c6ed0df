//! Who asks for what: hosts and clients as lines tell them.

use steeple_core::KeptNames;

use crate::shared::{Shared, next_number};

/// How many a thread knows.
const MOST: usize = 16;

/// A client and the host that it asks, without what is secret.
#[derive(Default)]
pub(super) struct Client {
    /// What it calls both, and who tells it.
    names: KeptNames,
    by: u64,
    /// That of no other.
    pub(super) number: u64,
    /// Without a port.
    pub(super) domain: String,
    pub(super) agent: String,
}

/// Those that asked last: there are few, and most of what a redaction would look at is what they are called.
#[derive(Default)]
pub(super) struct Clients([Box<Client>; MOST]);

impl Clients {
    /// The one that calls itself so.
    ///
    /// Each time that one is found it goes one place up, so that those that ask often are found soon, and in the last place there is
    /// room for the next.
    pub(super) fn find(
        &mut self,
        names: &KeptNames,
        shared: &Shared,
        room: &mut String,
    ) -> &Client {
        let Self(known) = self;
        let found = (known.iter()).position(|known| known.is_that(names, shared));
        let place = found.unwrap_or_else(|| {
            known[MOST - 1].become_that(names, shared, room);
            MOST - 1
        });
        let better = place.saturating_sub(1);
        known.swap(place, better);
        &known[better]
    }
}

impl Client {
    #[inline]
    fn is_that(&self, names: &KeptNames, shared: &Shared) -> bool {
        self.by == shared.number && self.names == *names
    }

    /// With `room` for what is called otherwise without what is secret.
    #[cold]
    fn become_that(&mut self, names: &KeptNames, shared: &Shared, room: &mut String) {
        self.names.clone_from(names);
        self.by = shared.number;
        self.number = next_number();
        self.domain.clear();
        self.domain.push_str(without_port(names.host()));
        self.agent.clear();
        self.agent
            .push_str(shared.redaction.text(names.user_agent(), room));
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
