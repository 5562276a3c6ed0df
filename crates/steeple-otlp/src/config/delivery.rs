use std::{fmt, path::PathBuf, time::Duration};

/// How requests are sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Protocol {
    /// gRPC, which needs the feature `grpc`.
    Grpc,
    /// Protobuf in the bodies of HTTP requests.
    #[default]
    HttpProtobuf,
    /// JSON in the bodies of HTTP requests. Whole numbers of 64 bits are texts, as OTLP has them; some receivers lose these.
    HttpJson,
}

impl Protocol {
    /// The name, as in `OTEL_EXPORTER_OTLP_PROTOCOL`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Grpc => "grpc",
            Self::HttpProtobuf => "http/protobuf",
            Self::HttpJson => "http/json",
        }
    }

    /// The [default](https://opentelemetry.io/docs/specs/otel/protocol/exporter/#configuration-options) endpoint.
    pub(crate) const fn endpoint(self) -> &'static str {
        match self {
            Self::Grpc => "http://localhost:4317",
            Self::HttpProtobuf | Self::HttpJson => "http://localhost:4318",
        }
    }
}

/// Whether the bodies of requests are compressed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Compression {
    /// They are sent as they are.
    #[default]
    None,
    /// They are compressed with gzip.
    Gzip,
}

/// Where to, and how, a signal is sent. What is not set is as for all signals.
///
/// Neither the values of headers nor credentials in the endpoint are shown anywhere.
#[derive(Clone, Default)]
#[must_use = "it says nothing until it is given to a builder"]
pub struct Delivery {
    pub(crate) endpoint: Option<String>,
    pub(crate) protocol: Option<Protocol>,
    pub(crate) headers: Option<Vec<(String, String)>>,
    pub(crate) timeout: Option<Duration>,
    pub(crate) compression: Option<Compression>,
    pub(crate) certificate: Option<PathBuf>,
    pub(crate) client_certificate: Option<PathBuf>,
    pub(crate) client_key: Option<PathBuf>,
    pub(crate) insecure: Option<bool>,
}

impl Delivery {
    /// Nothing is set.
    pub fn new() -> Self {
        Self::default()
    }

    /// The URL to send to, as it is: unlike that for all signals, it has the whole path, such as
    /// `http://collector:4318/v1/traces`.
    pub fn endpoint(mut self, url: impl Into<String>) -> Self {
        self.endpoint = Some(url.into());
        self
    }

    /// The protocol.
    pub fn protocol(mut self, protocol: Protocol) -> Self {
        self.protocol = Some(protocol);
        self
    }

    /// A header field, or metadata of gRPC, of every request, such as an API key. Whoever sets one sets them all.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        let headers = self.headers.get_or_insert_default();
        headers.push((name.into(), value.into()));
        self
    }

    /// How long one attempt to send may take.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Whether requests are compressed.
    pub fn compression(mut self, compression: Compression) -> Self {
        self.compression = Some(compression);
        self
    }

    /// A PEM file of the authorities that are trusted, instead of those whom the system trusts.
    pub fn certificate(mut self, file: impl Into<PathBuf>) -> Self {
        self.certificate = Some(file.into());
        self
    }

    /// A PEM file of the certificates that the service shows; [`client_key`](Self::client_key) is needed as well.
    pub fn client_certificate(mut self, file: impl Into<PathBuf>) -> Self {
        self.client_certificate = Some(file.into());
        self
    }

    /// A PEM file of the private key of the service's certificate.
    pub fn client_key(mut self, file: impl Into<PathBuf>) -> Self {
        self.client_key = Some(file.into());
        self
    }
}

impl fmt::Debug for Delivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = |headers: &Vec<(String, String)>| {
            headers
                .iter()
                .map(|(name, _)| name.clone())
                .collect::<Vec<_>>()
        };
        f.debug_struct("Delivery")
            .field("has_endpoint", &self.endpoint.is_some())
            .field("protocol", &self.protocol)
            .field("headers", &self.headers.as_ref().map(names))
            .field("timeout", &self.timeout)
            .field("compression", &self.compression)
            .field("certificate", &self.certificate)
            .field("client_certificate", &self.client_certificate)
            .field("client_key", &self.client_key)
            .field("insecure", &self.insecure)
            .finish()
    }
}
