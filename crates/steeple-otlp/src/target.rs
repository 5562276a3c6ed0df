use std::time::Duration;

use steeple_client::{
    Client, ClientBuilder, Endpoint, EndpointError,
    http::{HeaderName, HeaderValue, StatusCode},
};

use crate::{
    Compression, Delivery, EnvironmentError, OtlpBuilder, OtlpError, Protocol, Signal,
    config::ENDPOINT, export::Transport,
};

/// Where a signal goes.
pub(crate) struct Target {
    pub(crate) transport: Transport,
    /// That of one attempt, if it was set.
    pub(crate) timeout: Option<Duration>,
}

/// One of the places in which is said how a signal is sent.
struct Layer<'a> {
    delivery: &'a Delivery,
    /// Whether it is said of all signals.
    is_general: bool,
    /// The variable of the endpoint.
    key: Option<&'static str>,
}

impl Target {
    pub(crate) fn of(builder: &OtlpBuilder, signal: Signal) -> Result<Self, OtlpError> {
        Layers::of(builder, signal).target(signal)
    }
}

/// What comes first wins.
struct Layers<'a>([Layer<'a>; 4]);

impl<'a> Layers<'a> {
    fn of(builder: &'a OtlpBuilder, signal: Signal) -> Self {
        let place = signal as usize;
        let layer = |delivery, is_general, key| Layer {
            delivery,
            is_general,
            key,
        };
        let environment = &builder.environment;
        Self([
            layer(
                &environment.signals[place],
                false,
                Some(ENDPOINT[place + 1]),
            ),
            layer(&environment.general, true, Some(ENDPOINT[0])),
            layer(&builder.signals[place], false, None),
            layer(&builder.general, true, None),
        ])
    }

    fn first<T>(&self, setting: impl Fn(&'a Delivery) -> Option<T>) -> Option<T> {
        self.0.iter().find_map(|layer| setting(layer.delivery))
    }

    fn target(&self, signal: Signal) -> Result<Target, OtlpError> {
        let protocol = self.first(|delivery| delivery.protocol).unwrap_or_default();
        let endpoint = self.endpoint(signal, protocol)?;
        let client = self.with_certificates(signal, self.client(endpoint)?)?;
        let client_error = |source| OtlpError::Client { signal, source };
        let transport = match protocol {
            Protocol::HttpProtobuf => {
                Transport::HttpProtobuf(client.build().map_err(client_error)?)
            }
            Protocol::HttpJson => Transport::HttpJson(client.build().map_err(client_error)?),
            #[cfg(feature = "grpc")]
            Protocol::Grpc => Transport::Grpc(client.build_grpc().map_err(client_error)?),
            #[cfg(not(feature = "grpc"))]
            Protocol::Grpc => return Err(OtlpError::NoGrpc),
        };
        Ok(Target {
            transport,
            timeout: self.first(|delivery| delivery.timeout),
        })
    }

    fn endpoint(&self, signal: Signal, protocol: Protocol) -> Result<Endpoint, OtlpError> {
        let set = self.0.iter().find_map(|layer| {
            let url = layer.delivery.endpoint.as_deref()?;
            Some((url, layer.is_general, layer.key))
        });
        let (url, is_general, key) = set.unwrap_or((protocol.endpoint(), true, None));
        let parsed = self.parsed(url, protocol).and_then(|endpoint| {
            if is_general && protocol != Protocol::Grpc {
                endpoint.append_path(signal.http_path())
            } else {
                Ok(endpoint)
            }
        });
        parsed.map_err(|source| match key {
            Some(key) => OtlpError::Environment(EnvironmentError::new(
                key,
                source.url(),
                "a URL with scheme and host, such as `http://collector:4318`; `https` needs the feature `tls`",
            )),
            None => OtlpError::Endpoint { signal, source },
        })
    }

    /// For gRPC, a URL may be without its scheme; whether it is of TLS is then said by `insecure`.
    fn parsed(&self, url: &str, protocol: Protocol) -> Result<Endpoint, EndpointError> {
        if protocol != Protocol::Grpc || url.contains("://") {
            return url.parse();
        }
        let is_insecure = self.first(|delivery| delivery.insecure) == Some(true);
        let scheme = if is_insecure { "http" } else { "https" };
        format!("{scheme}://{url}").parse()
    }

    /// Whom the client trusts, and who it says it is.
    fn with_certificates(
        &self,
        signal: Signal,
        client: ClientBuilder,
    ) -> Result<ClientBuilder, OtlpError> {
        let authorities = self.first(|delivery| delivery.certificate.as_ref());
        let identity = match (
            self.first(|delivery| delivery.client_certificate.as_ref()),
            self.first(|delivery| delivery.client_key.as_ref()),
        ) {
            (Some(certificates), Some(key)) => Some((certificates, key)),
            (None, None) => None,
            _ => return Err(OtlpError::Identity { signal }),
        };
        if authorities.is_none() && identity.is_none() {
            return Ok(client);
        }
        #[cfg(not(feature = "tls"))]
        return Err(OtlpError::NoTls);
        #[cfg(feature = "tls")]
        {
            let mut tls = steeple_client::Tls::default();
            if let Some(file) = authorities {
                tls = tls.authorities(file);
            }
            if let Some((certificates, key)) = identity {
                tls = tls.identity(certificates, key);
            }
            Ok(client.tls(tls))
        }
    }

    fn client(&self, endpoint: Endpoint) -> Result<ClientBuilder, OtlpError> {
        let mut client = Client::builder(endpoint).tried_again(is_temporary);
        let headers = self.first(|delivery| delivery.headers.as_ref());
        for (name, value) in headers.into_iter().flatten() {
            let refused = || OtlpError::Header { name: name.clone() };
            let name = HeaderName::try_from(name).map_err(|_| refused())?;
            let mut value = HeaderValue::try_from(value).map_err(|_| refused())?;
            value.set_sensitive(true);
            client = client.header(name, value);
        }
        Ok(match self.first(|delivery| delivery.compression) {
            Some(Compression::Gzip) => client.compression(steeple_client::Compression::Gzip),
            Some(Compression::None) | None => client,
        })
    }
}

/// As [OTLP](https://opentelemetry.io/docs/specs/otlp/#retryable-response-codes) has it.
fn is_temporary(status: StatusCode) -> bool {
    matches!(status.as_u16(), 429 | 502 | 503 | 504)
}
