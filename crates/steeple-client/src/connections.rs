//! What requests go over.

#[cfg(feature = "grpc")]
use std::time::Duration;

use bytes::Bytes;
use http::Request;
use http_body_util::Full;
#[cfg(feature = "tls")]
use hyper_rustls::HttpsConnector;
#[cfg(feature = "grpc")]
use hyper_util::client::legacy::Builder;
use hyper_util::{
    client::legacy::{
        Client, ResponseFuture,
        connect::{Connect, HttpConnector},
    },
    rt::{TokioExecutor, TokioTimer},
};

#[cfg(feature = "tls")]
use crate::{Tls, TlsError, tls::connector};

/// What is spoken on a connection.
#[derive(Clone, Copy)]
pub(crate) enum Protocol {
    Http1,
    #[cfg(feature = "grpc")]
    Http2,
}

/// Connections to one endpoint, which are kept for the next requests.
#[derive(Clone)]
pub(crate) enum Connections {
    Plain(Client<HttpConnector, Full<Bytes>>),
    #[cfg(feature = "tls")]
    Tls(Client<HttpsConnector<HttpConnector>, Full<Bytes>>),
}

impl Connections {
    pub(crate) fn plain(protocol: Protocol) -> Self {
        Self::Plain(client(HttpConnector::new(), protocol))
    }

    #[cfg(feature = "tls")]
    pub(crate) fn tls(tls: &Tls, protocol: Protocol) -> Result<Self, TlsError> {
        Ok(Self::Tls(client(connector(tls, protocol)?, protocol)))
    }

    pub(crate) fn request(&self, request: Request<Full<Bytes>>) -> ResponseFuture {
        match self {
            Self::Plain(client) => client.request(request),
            #[cfg(feature = "tls")]
            Self::Tls(client) => client.request(request),
        }
    }
}

fn client<C: Connect + Clone>(connector: C, protocol: Protocol) -> Client<C, Full<Bytes>> {
    let mut builder = Client::builder(TokioExecutor::new());
    builder.pool_timer(TokioTimer::new());
    match protocol {
        Protocol::Http1 => {}
        #[cfg(feature = "grpc")]
        Protocol::Http2 => speak_http2(&mut builder),
    }
    builder.build(connector)
}

/// [As HTTP/2 has it](https://www.rfc-editor.org/rfc/rfc9113#section-6.9.2) unless it is told otherwise.
#[cfg(feature = "grpc")]
const WINDOW: u32 = 65_535;

#[cfg(feature = "grpc")]
fn speak_http2(builder: &mut Builder) {
    builder
        .http2_only(true)
        .timer(TokioTimer::new())
        // Answers are small, and hyper would take in 2 MiB of one that nobody reads.
        .http2_initial_stream_window_size(WINDOW)
        .http2_initial_connection_window_size(WINDOW)
        // A connection that leads nowhere any more would be used for every attempt; it is found within one.
        .http2_keep_alive_interval(Duration::from_secs(5))
        .http2_keep_alive_timeout(Duration::from_secs(3));
}
