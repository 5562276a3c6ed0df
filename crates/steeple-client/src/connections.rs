//! What requests go over.

use bytes::Bytes;
use http::{Request, uri::Scheme};
use http_body_util::Full;
#[cfg(feature = "tls")]
use hyper_rustls::HttpsConnector;
use hyper_util::{
    client::legacy::{
        Client, ResponseFuture,
        connect::{Connect, HttpConnector},
    },
    rt::{TokioExecutor, TokioTimer},
};

#[cfg(feature = "tls")]
use crate::tls;
use crate::{ClientError, Endpoint};

/// Connections to one endpoint, which are kept for the next requests.
#[derive(Clone)]
pub(crate) enum Connections {
    Plain(Client<HttpConnector, Full<Bytes>>),
    #[cfg(feature = "tls")]
    Tls(Client<HttpsConnector<HttpConnector>, Full<Bytes>>),
}

impl Connections {
    pub(crate) fn to(endpoint: &Endpoint) -> Result<Self, ClientError> {
        #[cfg(feature = "tls")]
        if endpoint.uri().scheme() == Some(&Scheme::HTTPS) {
            return Ok(Self::Tls(client(tls::connector()?)));
        }
        debug_assert_eq!(endpoint.uri().scheme(), Some(&Scheme::HTTP));
        Ok(Self::Plain(client(HttpConnector::new())))
    }

    pub(crate) fn request(&self, request: Request<Full<Bytes>>) -> ResponseFuture {
        match self {
            Self::Plain(client) => client.request(request),
            #[cfg(feature = "tls")]
            Self::Tls(client) => client.request(request),
        }
    }
}

fn client<C: Connect + Clone>(connector: C) -> Client<C, Full<Bytes>> {
    Client::builder(TokioExecutor::new())
        .pool_timer(TokioTimer::new())
        .build(connector)
}
