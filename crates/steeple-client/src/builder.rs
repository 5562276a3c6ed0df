use std::fmt;

use http::{
    HeaderMap, HeaderName, HeaderValue, StatusCode,
    header::{AUTHORIZATION, USER_AGENT},
};

use crate::{
    Client, ClientError, Compression, Endpoint, answer,
    body::LARGEST_ANSWER,
    connections::{Connections, Protocol},
    transport::Transport,
};

/// What says how a message is sent, and is therefore the client's to write.
const RESERVED: &[&str] = &[
    "connection",
    "content-encoding",
    "content-length",
    "keep-alive",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];
const NAME: &str = concat!("steeple/", env!("CARGO_PKG_VERSION"));

/// Configures a [`Client`].
#[derive(Clone)]
#[must_use = "nothing is sent without a client"]
pub struct ClientBuilder {
    endpoint: Endpoint,
    headers: HeaderMap,
    compression: Compression,
    is_temporary: fn(StatusCode) -> bool,
    largest_answer: usize,
    #[cfg(feature = "tls")]
    tls: crate::Tls,
}

impl ClientBuilder {
    pub(crate) fn new(endpoint: Endpoint) -> Self {
        let headers = [(USER_AGENT, HeaderValue::from_static(NAME))];
        Self {
            endpoint,
            headers: headers.into_iter().collect(),
            compression: Compression::default(),
            is_temporary: answer::is_5xx_or_429,
            largest_answer: LARGEST_ANSWER,
            #[cfg(feature = "tls")]
            tls: crate::Tls::default(),
        }
    }

    /// A header field of every request, instead of one that it has of the same name; `authorization` gives way to credentials
    /// of the [`Endpoint`]. Its value is shown nowhere. Default: `user-agent`, which says steeple and its version.
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }

    /// How the bodies of requests are compressed. Default: not at all.
    pub fn compression(mut self, compression: Compression) -> Self {
        self.compression = compression;
        self
    }

    /// Which answers that are no 2xx are tried again. Default: 5xx and 429.
    pub fn tried_again(mut self, statuses: fn(StatusCode) -> bool) -> Self {
        self.is_temporary = statuses;
        self
    }

    /// Of the body of an answer by HTTP so many bytes are read. Default: [`LARGEST_ANSWER`], 64 KiB.
    pub fn largest_answer(mut self, bytes: usize) -> Self {
        self.largest_answer = bytes;
        self
    }

    /// Whom it trusts, and who it says it is. It is looked at only if the URL is of https. Default: whom the system trusts, and
    /// nobody.
    #[cfg(feature = "tls")]
    pub fn tls(mut self, tls: crate::Tls) -> Self {
        self.tls = tls;
        self
    }

    /// Builds a client that sends by HTTP/1.1.
    ///
    /// # Errors
    ///
    /// [`ClientError`] if a header is not the application's to set, or if TLS is needed and cannot be had.
    pub fn build(self) -> Result<Client, ClientError> {
        self.transport(Protocol::Http1).map(Client::over)
    }

    /// Builds a client that calls by gRPC.
    ///
    /// # Errors
    ///
    /// As for [`build`](Self::build).
    #[cfg(feature = "grpc")]
    pub fn build_grpc(self) -> Result<crate::GrpcClient, ClientError> {
        self.transport(Protocol::Http2).map(crate::GrpcClient::over)
    }

    fn transport(mut self, protocol: Protocol) -> Result<Transport, ClientError> {
        let reserved = |name: &&HeaderName| {
            RESERVED.contains(&name.as_str()) || name.as_str().starts_with("grpc-")
        };
        if let Some(name) = self.headers.keys().find(reserved) {
            return Err(ClientError::Header { name: name.clone() });
        }
        let connections = self.connections(protocol)?;
        if let Some(authorization) = self.endpoint.authorization() {
            self.headers
                .insert(AUTHORIZATION, authorization.value().clone());
        }
        Ok(Transport {
            endpoint: self.endpoint,
            headers: self.headers,
            compression: self.compression,
            is_temporary: self.is_temporary,
            largest_answer: self.largest_answer,
            connections,
        })
    }

    fn connections(&self, protocol: Protocol) -> Result<Connections, ClientError> {
        #[cfg(feature = "tls")]
        if self.endpoint.uri().scheme() == Some(&http::uri::Scheme::HTTPS) {
            return Ok(Connections::tls(&self.tls, protocol)?);
        }
        Ok(Connections::plain(protocol))
    }
}

impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder")
            .field("endpoint", &self.endpoint)
            .field("headers", &Vec::from_iter(self.headers.keys()))
            .field("compression", &self.compression)
            .finish_non_exhaustive()
    }
}
