//! The HTTP client of the pipelines' workers. Nothing observes it, and it follows no redirects.

mod answer;
pub(crate) mod authorization;

use bytes::Bytes;
use http::{
    HeaderName, HeaderValue, Method, Request,
    header::{AUTHORIZATION, USER_AGENT},
};
use http_body_util::Full;
use hyper_util::{
    client::legacy::{self, connect::HttpConnector},
    rt::{TokioExecutor, TokioTimer},
};
use steeple_core::pipeline::ExportError;
use thiserror::Error;

use crate::Endpoint;

/// Sends to one endpoint, over a connection that is kept.
pub(crate) struct Client {
    endpoint: Endpoint,
    connections: legacy::Client<HttpConnector, Full<Bytes>>,
}

/// A request had no answer.
#[derive(Debug, Error)]
#[error("no answer from {endpoint}")]
struct NoAnswer {
    endpoint: Endpoint,
    source: legacy::Error,
}

impl Client {
    /// A client that works in the runtime in which it is made.
    pub(crate) fn new(endpoint: Endpoint) -> Self {
        let connections = legacy::Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .build_http();
        Self {
            endpoint,
            connections,
        }
    }

    /// Sends one request.
    pub(crate) async fn send<const N: usize>(
        &self,
        method: Method,
        headers: [(HeaderName, &'static str); N],
        body: Vec<u8>,
    ) -> Result<(), ExportError> {
        let mut request = Request::new(Full::from(body));
        *request.method_mut() = method;
        *request.uri_mut() = self.endpoint.uri.clone();
        let head = request.headers_mut();
        for (name, value) in headers {
            head.insert(name, HeaderValue::from_static(value));
        }
        head.insert(
            USER_AGENT,
            HeaderValue::from_static(concat!("steeple-push/", env!("CARGO_PKG_VERSION"))),
        );
        if let Some(authorization) = &self.endpoint.authorization {
            head.insert(AUTHORIZATION, authorization.clone());
        }
        match self.connections.request(request).await {
            Ok(answer) => answer::judge(&self.endpoint, answer).await,
            Err(source) => Err(ExportError::retryable(NoAnswer {
                endpoint: self.endpoint.clone(),
                source,
            })),
        }
    }
}
