//! Whose word counts.

use std::{fmt, net::IpAddr, sync::Arc};

use ipnet::IpNet;

use crate::{head::RequestHead, panic};

type Predicate = dyn for<'a> Fn(&RequestHead<'a>) -> bool + Send + Sync;

/// Which callers may say whether a trace is recorded. Default: none.
///
/// The trace of a caller is continued whoever it is: see [`TraceConfig::public_endpoint`](crate::TraceConfig::public_endpoint)
/// for callers who are not to know it. Whoever sent what is no request, such as the message of a queue, is trusted if everybody is.
#[derive(Clone, Default)]
pub struct Trust(Whom);

#[derive(Clone, Default)]
enum Whom {
    #[default]
    Nobody,
    Everybody,
    Networks(Arc<[IpNet]>),
    Those(Arc<Predicate>),
}

impl Trust {
    /// Trusts nobody.
    #[must_use]
    pub fn nobody() -> Self {
        Self::default()
    }

    /// Trusts everybody: for services that only others of one's own can reach.
    #[must_use]
    pub fn everybody() -> Self {
        Self(Whom::Everybody)
    }

    /// Trusts whose connection comes from one of these networks, such as `10.0.0.0/8`. What a header says of the client's
    /// address does not count. A framework that does not tell the address makes nobody trusted.
    #[must_use]
    pub fn networks(networks: impl IntoIterator<Item = IpNet>) -> Self {
        Self(Whom::Networks(networks.into_iter().collect()))
    }

    /// Trusts the requests that `predicate` is true of.
    #[must_use]
    pub fn those(
        predicate: impl for<'a> Fn(&RequestHead<'a>) -> bool + Send + Sync + 'static,
    ) -> Self {
        Self(Whom::Those(Arc::new(predicate)))
    }

    pub(crate) fn is_nobody(&self) -> bool {
        matches!(self.0, Whom::Nobody)
    }

    pub(crate) fn is_everybody(&self) -> bool {
        matches!(self.0, Whom::Everybody)
    }

    pub(crate) fn includes(&self, head: &RequestHead<'_>) -> bool {
        match &self.0 {
            Whom::Nobody => false,
            Whom::Everybody => true,
            Whom::Networks(networks) => (head.details)()
                .peer
                .is_some_and(|peer| contain(networks, peer.ip())),
            Whom::Those(predicate) => {
                let mut trusted = false;
                // Who makes the predicate panic is not trusted, and served all the same.
                panic::quietly(|| trusted = predicate(head));
                trusted
            }
        }
    }
}

/// A socket for both versions shows addresses of version 4 as such of version 6.
fn contain(networks: &[IpNet], address: IpAddr) -> bool {
    let address = address.to_canonical();
    networks.iter().any(|network| network.contains(&address))
}

impl fmt::Debug for Trust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Whom::Nobody => f.write_str("Nobody"),
            Whom::Everybody => f.write_str("Everybody"),
            Whom::Networks(networks) => f.debug_list().entries(networks.iter()).finish(),
            Whom::Those(_) => f.write_str("Those"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_holds_its_addresses_in_either_version() {
        let networks = ["10.0.0.0/8", "fd00::/8"].map(|network| network.parse().unwrap());
        for (inside, address) in [
            (true, "10.255.0.1"),
            (true, "::ffff:10.0.0.1"),
            (true, "fd12::1"),
            (false, "11.0.0.1"),
            (false, "::1"),
        ] {
            assert_eq!(
                contain(&networks, address.parse().unwrap()),
                inside,
                "{address}"
            );
        }
    }
}
