use std::{net::SocketAddr, ops::RangeInclusive, sync::Arc, time::Duration};

use steeple_metrics::Registry;

use crate::{
    Ops,
    connection::Server,
    counts::Counts,
    error::BindError,
    guard::Guard,
    host::{Host, HostPolicy},
    routes::Routes,
    scrapes::Scrapes,
    socket::DEFAULT_ADDRESS,
    token::{Token, TokenError},
};

const TIMEOUTS: RangeInclusive<Duration> = Duration::from_millis(1)..=Duration::from_secs(60 * 60);

/// Configures an [`Ops`] listener.
#[derive(Debug)]
#[must_use = "nothing listens before `bind` is called"]
pub struct OpsBuilder {
    registry: Registry,
    address: Option<SocketAddr>,
    token: Option<Result<Token, TokenError>>,
    hosts: Vec<String>,
    header_timeout: Duration,
    write_timeout: Duration,
}

impl OpsBuilder {
    pub(crate) fn new(registry: Registry) -> Self {
        Self {
            registry,
            address: None,
            token: None,
            hosts: Vec::new(),
            header_timeout: Duration::from_secs(5),
            write_timeout: Duration::from_secs(10),
        }
    }

    /// Sets the address to listen on; port 0 takes any free port. Default: 127.0.0.1:9464 or, with
    /// one warning, any free port of 127.0.0.1 where that one is busy.
    ///
    /// An address that other machines can reach needs a [`token`](Self::token).
    pub fn address(mut self, address: SocketAddr) -> Self {
        self.address = Some(address);
        self
    }

    /// Requires a token, sent as `Authorization: Bearer`, for everything that is served. Default:
    /// none.
    ///
    /// It has at least 128 bits, taking 4 for each character if all are hex digits and 6 otherwise:
    /// 32 hex or 22 base64url characters.
    pub fn token(mut self, token: impl Into<String>) -> Self {
        self.token = Some(Token::parse(token.into()));
        self
    }

    /// Answers to a further `Host`, given as a name or an address without a port. Requests for other
    /// hosts get the status 421. Default: `localhost`, loopback addresses and the address listened
    /// on; any address where that is `0.0.0.0` or `::`.
    pub fn allow_host(mut self, host: impl Into<String>) -> Self {
        self.hosts.push(host.into());
        self
    }

    /// Sets how long a client may take to send the headers of a request, and to leave its connection
    /// idle before them. From 1 ms to 1 h. Default: 5 s.
    pub fn header_timeout(mut self, timeout: Duration) -> Self {
        self.header_timeout = timeout;
        self
    }

    /// Sets how long a client may take to read 64 KiB of an answer while more is waiting to be
    /// sent. From 1 ms to 1 h. Default: 10 s.
    pub fn write_timeout(mut self, timeout: Duration) -> Self {
        self.write_timeout = timeout;
        self
    }

    /// Starts to listen, on a thread and a runtime of its own; works with and without a runtime
    /// around it.
    ///
    /// # Errors
    ///
    /// When the configuration is unsafe or invalid, the address cannot be listened on, or the thread
    /// cannot be started. Nothing is left running then.
    pub fn bind(self) -> Result<Ops, BindError> {
        let address = self.address;
        Ops::start(address, Arc::new(self.into_server()?))
    }

    fn into_server(self) -> Result<Server, BindError> {
        let address = self.address.unwrap_or(DEFAULT_ADDRESS);
        let token = self.token.transpose()?;
        if token.is_none() && !address.ip().to_canonical().is_loopback() {
            return Err(BindError::TokenMissing { address });
        }
        let allowed = self
            .hosts
            .into_iter()
            .map(|host| Host::parse(&host).ok_or(BindError::Host { host }))
            .collect::<Result<_, _>>()?;
        for (limit, timeout) in [
            ("header", self.header_timeout),
            ("write", self.write_timeout),
        ] {
            if !TIMEOUTS.contains(&timeout) {
                return Err(BindError::Timeout { limit, timeout });
            }
        }
        Ok(Server {
            guard: Guard {
                hosts: HostPolicy {
                    bound: address.ip().to_canonical(),
                    allowed,
                },
                token,
            },
            routes: Routes::new(Scrapes::new(self.registry.clone())),
            counts: Counts::new(self.registry),
            header_timeout: self.header_timeout,
            write_timeout: self.write_timeout,
        })
    }
}
