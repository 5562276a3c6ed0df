//! What a service is told on its command line.

use std::{
    error::Error,
    fmt,
    net::{Ipv4Addr, SocketAddr},
};

use steeple::core::Trust;

/// The services, in the order in which they ask each other.
#[derive(Clone, Copy)]
pub(crate) enum Service {
    Shop,
    Prices,
    Rates,
}

pub(crate) struct Arguments {
    pub(crate) service: Service,
    pub(crate) listen: SocketAddr,
    /// Where the service is that this one asks.
    pub(crate) next: SocketAddr,
}

#[derive(Debug)]
pub(crate) struct Misunderstood(String);

impl Service {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Shop => "shop",
            Self::Prices => "prices",
            Self::Rates => "rates",
        }
    }

    /// Who decides what is recorded: for all of them the shop, which anybody may ask.
    pub(crate) fn trust(self) -> Trust {
        match self {
            Self::Shop => Trust::nobody(),
            Self::Prices | Self::Rates => Trust::everybody(),
        }
    }

    fn port(self) -> u16 {
        match self {
            Self::Shop => 3000,
            Self::Prices => 3001,
            Self::Rates => 3002,
        }
    }
}

impl Arguments {
    pub(crate) fn parse(mut words: impl Iterator<Item = String>) -> Result<Self, Misunderstood> {
        let name = words.next().unwrap_or_default();
        let service = [Service::Shop, Service::Prices, Service::Rates]
            .into_iter()
            .find(|service| service.name() == name)
            .ok_or(Misunderstood(name))?;
        let mut address = |port| match words.next() {
            Some(word) => word.parse().map_err(|_| Misunderstood(word)),
            None => Ok((Ipv4Addr::LOCALHOST, port).into()),
        };
        Ok(Self {
            service,
            listen: address(service.port())?,
            next: address(service.port() + 1)?,
        })
    }
}

impl fmt::Display for Misunderstood {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "`{}` is not understood; use `chain shop|prices|rates [ADDRESS [ADDRESS OF THE NEXT]]`",
            self.0
        )
    }
}

impl Error for Misunderstood {}
