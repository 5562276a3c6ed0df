//! The HTTP client of the pipelines' workers. Nothing observes it, and it follows no redirects.

mod answer;
pub(crate) mod authorization;
mod connections;
#[cfg(feature = "tls")]
mod tls;

use http::{
    HeaderName, HeaderValue, Method, Request,
    header::{AUTHORIZATION, USER_AGENT},
};
use http_body_util::Full;
use hyper_util::client::legacy;
use steeple_core::pipeline::ExportError;
use thiserror::Error;

use crate::{Endpoint, PushError};
use connections::Connections;

/// Sends to one endpoint.
#[derive(Clone)]
pub(crate) struct Client {
    endpoint: Endpoint,
    connections: Connections,
}

/// A request had no answer.
#[derive(Debug, Error)]
#[error("no answer from {endpoint}")]
struct NoAnswer {
    endpoint: Endpoint,
    source: legacy::Error,
}

impl Client {
    pub(crate) fn new(endpoint: Endpoint) -> Result<Self, PushError> {
        let connections = Connections::to(&endpoint)?;
        Ok(Self {
            endpoint,
            connections,
        })
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
