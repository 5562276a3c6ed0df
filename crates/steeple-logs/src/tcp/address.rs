use std::{fmt, str::FromStr};

use super::NetworkError;

/// A host and a port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Address {
    /// A name, or an address without brackets.
    pub(crate) host: String,
    pub(crate) port: u16,
}

impl FromStr for Address {
    type Err = NetworkError;

    fn from_str(text: &str) -> Result<Self, NetworkError> {
        parse(text).ok_or_else(|| NetworkError::Address {
            address: text.to_owned(),
        })
    }
}

fn parse(text: &str) -> Option<Address> {
    let (host, port) = text.rsplit_once(':')?;
    let host = match host.strip_prefix('[') {
        Some(rest) => rest.strip_suffix(']')?,
        None if host.contains([':', '/', '@', ']']) => return None,
        None => host,
    };
    if host.is_empty() {
        return None;
    }
    Some(Address {
        host: host.to_owned(),
        port: port.parse().ok().filter(|port| *port != 0)?,
    })
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.host.contains(':') {
            true => write!(f, "[{}]:{}", self.host, self.port),
            false => write!(f, "{}:{}", self.host, self.port),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_printed_as_they_are_read() {
        for text in ["logstash.example:5000", "127.0.0.1:1", "[::1]:65535"] {
            assert_eq!(text.parse::<Address>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_is_no_host_and_port_is_refused() {
        for text in [
            "",
            "logstash",
            "logstash:",
            "logstash:x",
            "logstash:0",
            "logstash:65536",
            ":5000",
            "::1:5000",
            "[::1:5000",
            "tcp://logstash:5000",
        ] {
            let error = text.parse::<Address>().unwrap_err();
            assert!(
                matches!(&error, NetworkError::Address { address } if address == text),
                "{error:?}"
            );
        }
    }
}
