use std::{
    net::{IpAddr, SocketAddr},
    ops::RangeInclusive,
    sync::Arc,
    time::Duration,
};

use steeple_core::ops::OpsService;
use steeple_metrics::Registry;

use crate::{
    Ops,
    connection::Server,
    counts::Counts,
    document::Document,
    encoding::Encoding,
    endpoints::Endpoints,
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
    encodings: &'static [Encoding],
    address: Option<SocketAddr>,
    token: Option<Result<Token, TokenError>>,
    hosts: Vec<String>,
    header_timeout: Duration,
    write_timeout: Duration,
    documents: Vec<Document>,
}

impl OpsBuilder {
    pub(crate) fn new(registry: Registry) -> Self {
        Self {
            registry,
            encodings: Encoding::OFFERS,
            address: None,
            token: None,
            hosts: Vec::new(),
            header_timeout: Duration::from_secs(5),
            write_timeout: Duration::from_secs(10),
            documents: Vec::new(),
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

    /// Sets how long a client may let an answer wait to be sent, in all, until it has read the next
    /// 64 KiB. From 1 ms to 1 h. Default: 10 s.
    pub fn write_timeout(mut self, timeout: Duration) -> Self {
        self.write_timeout = timeout;
        self
    }

    /// Compresses answers with zstd where the scraper likes that at least as much as gzip. Default: gzip only.
    #[cfg(feature = "zstd")]
    pub fn zstd(mut self, offer: bool) -> Self {
        self.encodings = if offer {
            Encoding::OFFERS_WITH_ZSTD
        } else {
            Encoding::OFFERS
        };
        self
    }

    /// Answers GET of `path` with the JSON that `make` gives, anew for each request, behind the same checks as everything
    /// else. `/` lists it with `description`. Of several of one path the first counts. Default: none.
    pub fn json<F>(
        mut self,
        path: &'static str,
        description: &'static str,
        make: impl Fn() -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = String> + Send + 'static,
    {
        let make = move |_: &str| {
            let making = make();
            async { Some(making.await) }
        };
        self.documents.push(Document::json(path, description, make));
        self
    }

    /// As [`json`](Self::json), for all paths that differ in their last segment, which stands in braces in `path`, as in
    /// `/api/orders/{id}`: `make` is given that, as it was sent, and answers 404 with `None`. Default: none.
    pub fn json_of<F>(
        mut self,
        path: &'static str,
        description: &'static str,
        make: impl Fn(&str) -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = Option<String>> + Send + 'static,
    {
        self.documents.push(Document::json(path, description, make));
        self
    }

    /// Answers GET and HEAD of `path` by `service`, behind the same checks as everything else, also where something is answered at that
    /// path without it; a request of whoever had to give the token [says so](steeple_core::ops::OpsRequest::is_authorized). `/`
    /// lists it with `description`. Of several of one path the first counts. Default: none.
    pub fn route(
        mut self,
        path: &'static str,
        description: &'static str,
        service: impl OpsService,
    ) -> Self {
        self.documents
            .push(Document::new(path, description, service));
        self
    }

    /// As [`route`](Self::route), for what can be changed: PUT and DELETE are answered by `service`, too, but only of whoever gives
    /// the [`token`](Self::token), which there has to be, and of no page of another site. Default: none.
    pub fn setting(
        mut self,
        path: &'static str,
        description: &'static str,
        service: impl OpsService,
    ) -> Self {
        let document = Document::new(path, description, service);
        self.documents.push(document.taking_changes());
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

    /// Makes the service alone, to be mounted under a prefix of the application's own router. It needs a
    /// [`token`](Self::token), and the application's name as a [host](Self::allow_host); the address
    /// and the timeouts are the listener's and play no part.
    ///
    /// # Errors
    ///
    /// When there is no token, or the configuration is invalid.
    pub fn service(self) -> Result<Endpoints, BindError> {
        if self.token.is_none() {
            return Err(BindError::ServiceTokenMissing);
        }
        self.into_endpoints(DEFAULT_ADDRESS.ip())
    }

    fn into_server(self) -> Result<Server, BindError> {
        let address = self.address.unwrap_or(DEFAULT_ADDRESS);
        let ip = address.ip().to_canonical();
        if self.token.is_none() && !ip.is_loopback() {
            return Err(BindError::TokenMissing { address });
        }
        for (limit, timeout) in [
            ("header", self.header_timeout),
            ("write", self.write_timeout),
        ] {
            if !TIMEOUTS.contains(&timeout) {
                return Err(BindError::Timeout { limit, timeout });
            }
        }
        Ok(Server {
            counts: Counts::new(self.registry.clone()),
            header_timeout: self.header_timeout,
            write_timeout: self.write_timeout,
            endpoints: self.into_endpoints(ip)?,
        })
    }

    fn into_endpoints(self, bound: IpAddr) -> Result<Endpoints, BindError> {
        let token = self.token.transpose()?;
        let allowed = self
            .hosts
            .into_iter()
            .map(|host| Host::parse(&host).ok_or(BindError::Host { host }))
            .collect::<Result<_, _>>()?;
        let guard = Guard {
            hosts: HostPolicy { bound, allowed },
            token,
        };
        Ok(Endpoints::new(
            guard,
            Routes::new(Scrapes::new(self.registry, self.encodings), self.documents),
        ))
    }
}
