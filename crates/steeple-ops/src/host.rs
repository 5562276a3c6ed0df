use std::net::IpAddr;

/// Which `Host` headers are answered.
///
/// A page that rebinds its own name to this address still sends its own name, so an allow-list of
/// names keeps it out. An address literal cannot be rebound.
#[derive(Debug)]
pub(crate) struct HostPolicy {
    pub(crate) bound: IpAddr,
    pub(crate) allowed: Vec<Host>,
}

impl HostPolicy {
    /// Whether a `Host` header, with or without a port, names this listener. The port is not
    /// compared: forwarding changes it, and it plays no part in rebinding.
    pub(crate) fn allows(&self, header: &[u8]) -> bool {
        let Some(host) = Host::of_header(header) else {
            return false;
        };
        self.is_our_own(&host) || self.allowed.contains(&host)
    }

    fn is_our_own(&self, host: &Host) -> bool {
        match host {
            Host::Name(name) => name == "localhost",
            Host::Address(address) if self.bound.is_unspecified() => !address.is_unspecified(),
            Host::Address(address) => address.is_loopback() || *address == self.bound,
        }
    }
}

/// A host without a port, in the one form in which it is compared.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Host {
    Name(String),
    Address(IpAddr),
}

impl Host {
    /// Reads a name or an address; an IPv6 address stands without brackets.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        if let Ok(address) = text.parse::<IpAddr>() {
            return Some(Self::Address(address.to_canonical()));
        }
        let name = text.strip_suffix('.').unwrap_or(text);
        let is_name = !name.is_empty()
            && name
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte));
        is_name.then(|| Self::Name(name.to_ascii_lowercase()))
    }

    fn of_header(header: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(header).ok()?.trim_ascii();
        if let Some(bracketed) = text.strip_prefix('[') {
            let (address, port) = bracketed.split_once(']')?;
            let is_port = port.is_empty() || port.strip_prefix(':').is_some_and(is_port);
            return Self::parse(address).filter(|host| is_port && matches!(host, Self::Address(_)));
        }
        match text.split_once(':') {
            None => Self::parse(text),
            Some((host, port)) => Self::parse(host).filter(|_| is_port(port)),
        }
    }
}

fn is_port(text: &str) -> bool {
    text.parse::<u16>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(bound: &str, allowed: &[&str]) -> HostPolicy {
        HostPolicy {
            bound: bound.parse().unwrap(),
            allowed: allowed
                .iter()
                .filter_map(|name| Host::parse(name))
                .collect(),
        }
    }

    #[test]
    fn a_loopback_listener_answers_to_loopback_hosts_only() {
        let policy = policy("127.0.0.1", &[]);

        for host in [
            "localhost",
            "LocalHost:9464",
            "localhost.",
            "127.0.0.1",
            "127.0.0.1:9464",
            "[::1]:9464",
            "[::1]",
            "[::ffff:127.0.0.1]",
        ] {
            assert!(policy.allows(host.as_bytes()), "{host}");
        }
        for host in [
            "",
            ":9464",
            "evil.example",
            "evil.example:9464",
            "localhost.evil.example",
            "evil@localhost",
            "localhost:9464@evil.example",
            "localhost:http",
            "10.0.0.1",
            "0.0.0.0:9464",
            "[::1",
            "[localhost]",
            "::1",
            "127.0.0.1\u{0}",
        ] {
            assert!(!policy.allows(host.as_bytes()), "{host}");
        }
    }

    #[test]
    fn a_bound_address_answers_to_itself_and_to_configured_hosts() {
        let policy = policy("10.0.0.1", &["Metrics.Internal", "192.0.2.7"]);

        for host in [
            "10.0.0.1:9464",
            "metrics.internal",
            "192.0.2.7:80",
            "localhost",
        ] {
            assert!(policy.allows(host.as_bytes()), "{host}");
        }
        for host in ["10.0.0.2", "internal", "192.0.2.8"] {
            assert!(!policy.allows(host.as_bytes()), "{host}");
        }
    }

    #[test]
    fn an_unspecified_address_answers_to_any_address_literal_but_no_foreign_name() {
        let policy = policy("0.0.0.0", &[]);

        assert!(policy.allows(b"10.244.0.17:9464"));
        assert!(policy.allows(b"[fd00::17]:9464"));
        assert!(!policy.allows(b"evil.example:9464"));
        assert!(!policy.allows(b"0.0.0.0:9464"));
    }

    #[test]
    fn what_is_no_host_is_not_parsed() {
        for text in [
            "",
            ".",
            "http://metrics.internal",
            "metrics.internal:9464",
            "a/b",
            "*",
        ] {
            assert_eq!(Host::parse(text), None, "{text}");
        }
    }
}
