//! Addresses of clients, and what is told of them.

use std::{
    io::{Cursor, Write},
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

/// How much is told of the address of who is at the other end of the connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum ClientAddress {
    /// The network it is in: the first 24 bits of IPv4 and the first 48 of IPv6, and zeros.
    #[default]
    Anonymised,
    /// All of it.
    Whole,
    /// Nothing.
    Hidden,
}

impl ClientAddress {
    /// What is told of an address.
    pub(super) fn of(self, address: IpAddr) -> Option<IpAddr> {
        // One of IPv4 that a socket of IPv6 has is what it is.
        let address = address.to_canonical();
        match (self, address) {
            (Self::Hidden, _) => None,
            (Self::Whole, address) => Some(address),
            (Self::Anonymised, IpAddr::V4(address)) => {
                Some(Ipv4Addr::from_bits(address.to_bits() & !0xff).into())
            }
            (Self::Anonymised, IpAddr::V6(address)) => {
                Some(Ipv6Addr::from_bits(address.to_bits() >> 80 << 80).into())
            }
        }
    }
}

/// An address as text.
pub(super) struct AddressText {
    bytes: [u8; LONGEST],
    length: usize,
}

/// `ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255`.
const LONGEST: usize = 45;

impl AddressText {
    pub(super) fn of(address: IpAddr) -> Self {
        let mut text = Self {
            bytes: [0; LONGEST],
            length: 0,
        };
        match address {
            // Most are, and formatting takes ten times as long.
            IpAddr::V4(address) => {
                for (place, part) in address.octets().into_iter().enumerate() {
                    if place > 0 {
                        text.push(b".");
                    }
                    text.push(itoa::Buffer::new().format(part).as_bytes());
                }
            }
            IpAddr::V6(address) => {
                let mut bytes = Cursor::new(&mut text.bytes[..]);
                // It has room for any.
                let _ = write!(bytes, "{address}");
                text.length = bytes.position() as usize;
            }
        }
        text
    }

    pub(super) fn as_str(&self) -> &str {
        str::from_utf8(&self.bytes[..self.length]).unwrap_or_default()
    }

    fn push(&mut self, part: &[u8]) {
        self.bytes[self.length..self.length + part.len()].copy_from_slice(part);
        self.length += part.len();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_told_as_far_as_is_allowed() {
        for (address, anonymised, whole) in [
            ("192.0.2.213", "192.0.2.0", "192.0.2.213"),
            ("::ffff:192.0.2.213", "192.0.2.0", "192.0.2.213"),
            ("255.255.255.255", "255.255.255.0", "255.255.255.255"),
            (
                "2001:db8:1:2:3:4:5:6",
                "2001:db8:1::",
                "2001:db8:1:2:3:4:5:6",
            ),
            ("::1", "::", "::1"),
        ] {
            let told = |how: ClientAddress| {
                let address = how.of(address.parse().unwrap())?;
                Some(AddressText::of(address).as_str().to_owned())
            };
            assert_eq!(told(ClientAddress::Anonymised).unwrap(), anonymised);
            assert_eq!(told(ClientAddress::Whole).unwrap(), whole);
            assert_eq!(told(ClientAddress::Hidden), None);
        }
    }

    #[test]
    fn the_longest_address_has_room() {
        let address = "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff";
        let text = AddressText::of(address.parse().unwrap());
        assert_eq!(text.as_str(), address);
    }
}
